import { problem } from '../problems.js';
import type { Reading, Shape } from '../reading.js';
import { Traced } from '../text/traced.js';
import { readYaml } from '../yaml/document.js';
import type { YamlNode } from '../yaml/nodes.js';
import { dstack, skypilot } from './cloud-yaml.js';
import { compose } from './compose.js';
import { configYaml } from './config-yaml.js';
import { helmStack } from './helm-stack.js';
import { helmChart } from './helm-values.js';
import { kubernetes } from './kubernetes.js';
import { rayYaml } from './ray-yaml.js';
import { litellmYaml, llamafactoryYaml, trlYaml, verlYaml } from './trainer-yaml.js';

/** A carrier that is YAML: given the root of a document. */
export interface YamlShape {
  name: string;
  read(root: YamlNode, text: string): Reading | null;
}

const YAML_SHAPES: YamlShape[] = [
  skypilot,
  dstack,
  rayYaml,
  litellmYaml,
  llamafactoryYaml,
  trlYaml,
  verlYaml,
  configYaml,
  compose,
  helmStack,
  kubernetes,
  helmChart,
];

/** Looks like YAML mappings: several `key:` lines. */
const looksLikeYaml = (text: string): boolean =>
  (text.match(/(?:^|\n)[ \t]{0,80}(?:-[ \t]{1,20}){0,2}["']?[\w./-]{1,80}["']?:(?:[ \t\r\n]|$)/g) ?? []).length >= 2;

/** Any carrier that is YAML; the first document in which a launch is found counts. */
export const yaml: Shape = {
  name: 'yaml',
  read: text => {
    if (!looksLikeYaml(text)) return null;
    const { documents, error } = readYaml(Traced.of(text));
    for (const shape of YAML_SHAPES)
      for (const root of documents) {
        const reading = shape.read(root, text);
        if (!reading) continue;
        const problems = [...reading.problems];
        if (error) problems.push(problem('invalid-yaml', error.at, { text: error.message }));
        const others = documents
          .filter(document => document !== root && shape === kubernetes)
          .flatMap(document => shape.read(document, text) ?? [])
          .filter(other => other.model !== null || other.args.length);
        if (others[0] && !problems.some(({ code }) => code === 'several-launches'))
          problems.push(problem('several-launches', others[0].extent.start, { count: others.length + 1 }));
        return { ...reading, problems };
      }
    return null;
  },
};
