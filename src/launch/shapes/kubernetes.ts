import { readArguments } from '../args/arguments.js';
import { problem } from '../problems.js';
import { type CommandReading, readCommand, readImage, readScriptText } from '../programs/command.js';
import { readingOf } from '../programs/vllm.js';
import type { Reading, Setting } from '../reading.js';
import { POSIX } from '../shell/dialect.js';
import { withVariables } from '../shell/words.js';
import type { Edit } from '../text/edits.js';
import { addMember, lastOf } from '../yaml/blocks.js';
import { addEnvironment, environmentScope, modelFrom, readEnvironment, scalarSetting } from '../yaml/environment.js';
import { readMapping } from '../yaml/mapping.js';
import { addArguments, hasOwnEntrypoint } from '../yaml/new-arguments.js';
import { at, entryOf, itemsOf, mapsBelow, scalarAt, stringAt, type YamlMap, type YamlNode } from '../yaml/nodes.js';
import { doubleQuoted } from '../yaml/scalar.js';
import { addSharedMemory, sharedMemory } from '../yaml/shared-memory.js';
import { endsInShell, foldedBackslashes, wordsOf, wordsOfString } from '../yaml/words.js';
import type { YamlShape } from './yaml.js';

const GPU_RESOURCES = ['nvidia.com/gpu'];

/** The number of GPUs; where both limit and request name it, both are changed: Kubernetes wants them equal. */
const gpusOf = (container: YamlMap): Setting | null => {
  const counts = ['limits', 'requests'].flatMap(kind =>
    GPU_RESOURCES.flatMap(resource => scalarAt(container, 'resources', kind, resource) ?? []),
  );
  const [first, ...rest] = counts.map(count => scalarSetting(count));
  return (
    (first && {
      ...first,
      set: (text, wanted) =>
        /^\d+$/.test(wanted) ? [first, ...rest].flatMap(setting => setting.set(text, wanted)) : [],
    }) ??
    null
  );
};

const GPU_LIMIT = GPU_RESOURCES[0]!;

/** A limit of so many GPUs where the container has none. `all` is nothing that Kubernetes could be asked for. */
const addGpus = (text: string, container: YamlMap, count: string): Edit[] | null => {
  if (!/^\d+$/.test(count)) return null;
  const limit = { [GPU_LIMIT]: doubleQuoted(count) };
  const resources = at(container, 'resources');
  return resources?.kind === 'map' && resources.entries.length
    ? addMember(text, resources, resources.entries.at(-1)!, 'limits', limit, container)
    : addMember(text, container, lastOf(container, 'image', 'command', 'args', 'env'), 'resources', { limits: limit });
};

/** KServe hands the text of this variable to vLLM's command line. */
const additionalArguments = (env: YamlNode | null) => {
  const item = itemsOf(env).find(candidate => stringAt(candidate, 'name') === 'VLLM_ADDITIONAL_ARGS');
  const value = scalarAt(item, 'value');
  if (!value) return null;
  const words = wordsOfString(value);
  return words.length
    ? readingOf('image', readArguments(words, { positionalModel: false, strict: true }), words.at(-1)!)
    : null;
};

const PARALLELISM: Record<string, string> = {
  tensor: 'tensor-parallel-size',
  pipeline: 'pipeline-parallel-size',
  data: 'data-parallel-size',
  'data-local': 'data-parallel-size-local',
  'data-rpcport': 'data-parallel-rpc-port',
  expert: 'enable-expert-parallel',
};
const parallelName = (name: string): string | null => PARALLELISM[name] ?? null;

/** KServe: parallelism and the model's uri stand beside the container. */
const kserve = (root: YamlNode) => {
  for (const map of mapsBelow(root)) {
    const uri = scalarAt(map, 'model', 'uri');
    const parallelism = at(map, 'parallelism');
    if (uri) return { model: uri, parallelism: parallelism?.kind === 'map' ? parallelism : null };
  }
  return null;
};

const readContainer = (root: YamlNode, container: YamlMap): CommandReading | null => {
  const env = entryOf(container, 'env');
  const scope = withVariables(environmentScope(env?.value ?? null));
  const command = wordsOf(at(container, 'command'), { scope });
  const args = wordsOf(at(container, 'args'), { scope, afterShell: endsInShell(command) });
  const image = scalarAt(container, 'image');
  const options = { scope, list: at(container, 'args')?.kind === 'seq' || at(container, 'command')?.kind === 'seq' };
  const words = [...command, ...args];
  const isKserveModel = entryOf(container, 'modelFormat') !== null;
  let reading: CommandReading | null;
  if (isKserveModel) {
    const format = stringAt(container, 'modelFormat', 'name');
    const list = readArguments(args, {
      positionalModel: false,
      strict: false,
      list: true,
      modelFlags: ['model-id', 'model', 'model-dir'],
      rename: name => (name === 'model-name' ? null : name),
    });
    const anchor = args.at(-1) ?? null;
    const own = readingOf(
      format === 'huggingface' || /^vllm$/i.test(format ?? '') ? 'huggingfaceserver' : 'image',
      list,
      anchor,
    );
    const uri = scalarAt(container, 'storageUri');
    reading =
      args.length || format === 'huggingface'
        ? {
            ...own,
            model: own.model ?? (uri ? uri.text.text.replace(/^hf:\/\//, '') : null),
            image: null,
            gpus: null,
            shmSize: null,
            env: [],
            shape: null,
            container: true,
            argv: words,
          }
        : null;
  } else
    reading =
      readCommand(words, [], options) ??
      (command.length ? null : readImage(args, null, { image: image?.text.text ?? '', list: options.list }));
  if (!reading) return null;
  const served = kserve(root);
  const additional = additionalArguments(env?.value ?? null);
  const backslashes = ['command', 'args'].flatMap(key => foldedBackslashes(at(container, key)));
  const own = reading;
  const around = () =>
    [...mapsBelow(root)].filter(map => map.start <= container.start && map.end >= container.end).reverse();
  return {
    ...reading,
    args: [
      ...(served?.parallelism ? readMapping(served.parallelism, { rename: parallelName }).args : []),
      ...reading.args,
      ...(additional?.args ?? []),
    ],
    problems: [...reading.problems, ...(additional?.problems ?? []), ...backslashes],
    append: (text, name, value) => {
      if (additional && !args.length) return additional.append(text, name, value);
      if (words.length || !(isKserveModel || hasOwnEntrypoint(image?.text.text ?? '')))
        return own.append(text, name, value);
      const after = lastOf(container, 'modelFormat', 'image', 'imagePullPolicy', 'storageUri');
      return addArguments(text, container, after, 'args', name, value, ...around());
    },
    ...(reading.model === null && served ? modelFrom(served.model, /^hf:\/\//) : {}),
    image: image ? scalarSetting(image, scope) : null,
    gpus: gpusOf(container),
    shmSize: sharedMemory(root, container),
    outerPort: reading.outerPort,
    env: [
      ...readEnvironment(env?.value ?? null, scope).filter(setting => setting.name !== 'VLLM_ADDITIONAL_ARGS'),
      ...reading.env,
    ],
    appendEnv: (text, name, value) => {
      const after = lastOf(container, 'modelFormat', 'image', 'imagePullPolicy', 'storageUri', 'command', 'args');
      return addEnvironment(text, { map: container, key: 'env', form: 'list', after, around: around() }, name, value);
    },
    appendContainer: (text, flag, value) => {
      if (flag === '--shm-size') return addSharedMemory(text, root, container, value);
      return flag === '--gpus' ? addGpus(text, container, value) : null;
    },
  };
};

/** Most containers of one manifest that are looked at. */
const MAX_CONTAINERS = 16;

const isContainer = (map: YamlMap): boolean =>
  entryOf(map, 'modelFormat') !== null ||
  (entryOf(map, 'image') !== null &&
    ['args', 'command', 'env', 'resources', 'name', 'volumeMounts'].some(key => entryOf(map, key))) ||
  (entryOf(map, 'args')?.value?.kind === 'seq' && !entryOf(map, 'import_path') && at(map, 'image')?.kind !== 'map');

/** Deployment, Pod, LeaderWorkerSet, KServe: a container with command, args, env and resources. */
export const kubernetes: YamlShape = {
  name: 'kubernetes',
  read: root => {
    const found: { reading: CommandReading; container: YamlMap }[] = [];
    for (const container of mapsBelow(root)) {
      const reading = isContainer(container) ? readContainer(root, container) : null;
      if (reading) found.push({ reading, container });
      if (found.length === MAX_CONTAINERS) break;
    }
    const [first, ...others] = found;
    if (!first) return readConfigMap(root);
    const problems = [...first.reading.problems];
    // A container that is told nothing (a sidecar, a router) is no launch beside one that is.
    const more = others.filter(({ reading }) => reading.model !== null || reading.args.length);
    if (more[0]) problems.push(problem('several-launches', more[0].container.start, { count: more.length + 1 }));
    return { ...first.reading, problems, shape: 'kubernetes', extent: first.container };
  },
};

/** A script in a ConfigMap. */
const readConfigMap = (root: YamlNode): Reading | null => {
  const data = stringAt(root, 'kind') === 'ConfigMap' ? at(root, 'data') : null;
  for (const entry of data?.kind === 'map' ? data.entries : []) {
    if (entry.value?.kind !== 'scalar' || !/vllm/.test(entry.value.text.text)) continue;
    const reading = readScriptText(entry.value.text, POSIX);
    if (reading) return { ...reading, shape: 'kubernetes', argv: undefined, extent: entry };
  }
  return null;
};
