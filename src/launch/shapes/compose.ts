import { problem } from '../problems.js';
import { type CommandReading, readCommand, readImage } from '../programs/command.js';
import { hostPort } from '../programs/container-settings.js';
import type { Setting } from '../reading.js';
import { lexReferences } from '../shell/lexer.js';
import { EMPTY_SCOPE, expandParts, withVariables } from '../shell/words.js';
import { lastSimple } from '../yaml/blocks.js';
import { addEnvironment, environmentScope, readEnvironment, scalarSetting } from '../yaml/environment.js';
import { insertKey } from '../yaml/mapping.js';
import { addArguments, hasOwnEntrypoint } from '../yaml/new-arguments.js';
import { at, entryOf, itemsOf, scalarAt, stringAt, type YamlMap, type YamlNode } from '../yaml/nodes.js';
import { endsInShell, foldedBackslashes, wordsOf } from '../yaml/words.js';
import type { YamlShape } from './yaml.js';

/** Services of a compose file, or one service that was cut out of it. */
const servicesIn = (root: YamlNode): YamlMap[] => {
  const services = at(root, 'services');
  if (services?.kind === 'map')
    return services.entries.flatMap(entry => (entry.value?.kind === 'map' ? [entry.value] : []));
  if (root.kind !== 'map') return [];
  const isService = (map: YamlMap) =>
    entryOf(map, 'image') !== null &&
    ['command', 'entrypoint', 'environment', 'ports', 'deploy', 'ipc', 'shm_size'].some(key => entryOf(map, key));
  if (isService(root) && !entryOf(root, 'apiVersion') && !entryOf(root, 'commands')) return [root];
  return root.entries.flatMap(entry => (entry.value?.kind === 'map' && isService(entry.value) ? [entry.value] : []));
};

const gpusOf = (service: YamlMap): Setting | null => {
  const direct = scalarAt(service, 'gpus');
  if (direct) return scalarSetting(direct);
  for (const device of itemsOf(at(service, 'deploy', 'resources', 'reservations', 'devices'))) {
    const count = scalarAt(device, 'count');
    if (count) return scalarSetting(count);
    const ids = at(device, 'device_ids');
    if (ids?.kind === 'seq') {
      const scalars = ids.items.filter(item => item.kind === 'scalar');
      const first = scalars[0];
      if (!first) continue;
      const own = scalarSetting(first);
      return { ...own, value: scalars.map(item => scalarSetting(item).value).join(',') };
    }
  }
  return null;
};

/** Host side of the first published port; undefined when none is published. */
const portOf = (service: YamlMap): number | null | undefined => {
  const first = itemsOf(at(service, 'ports'))[0];
  if (!first) return undefined;
  if (first.kind === 'scalar') return hostPort(expandParts(lexReferences(first.text), EMPTY_SCOPE).text.text);
  const published = Number(stringAt(first, 'published') ?? Number.NaN);
  return Number.isInteger(published) ? published : null;
};

const readService = (service: YamlMap): CommandReading | null => {
  const environment = entryOf(service, 'environment');
  const scope = withVariables(environmentScope(environment?.value ?? null));
  const options = { scope, doubledDollar: true };
  const entrypoint = wordsOf(at(service, 'entrypoint'), options);
  const command = wordsOf(at(service, 'command'), { ...options, afterShell: endsInShell(entrypoint) });
  const image = scalarAt(service, 'image');
  const imageText = image ? scalarSetting(image).value : '';
  const list = at(service, 'command')?.kind === 'seq';
  const words = [...entrypoint, ...command];
  const reading =
    readCommand(words, [], { scope, list }) ??
    (entrypoint.length ? null : readImage(command, null, { image: imageText, list }));
  if (!reading) return null;
  const shm = scalarAt(service, 'shm_size');
  const ipc = scalarAt(service, 'ipc');
  const backslashes = ['entrypoint', 'command'].flatMap(key => foldedBackslashes(at(service, key)));
  return {
    ...reading,
    problems: [...reading.problems, ...backslashes],
    image: image ? scalarSetting(image) : null,
    gpus: gpusOf(service),
    shmSize: shm ? scalarSetting(shm) : null,
    ipc: ipc ? scalarSetting(ipc) : null,
    outerPort: portOf(service),
    env: [...readEnvironment(environment?.value ?? null), ...reading.env],
    append: (text, name, flagValue) =>
      command.length || entrypoint.length || !hasOwnEntrypoint(imageText)
        ? reading.append(text, name, flagValue)
        : addArguments(text, service, lastSimple(service), 'command', name, flagValue),
    appendEnv: (text, name, value) =>
      addEnvironment(
        text,
        { map: service, key: 'environment', form: 'mapping', after: lastSimple(service) },
        name,
        value,
      ),
    appendContainer: (text, flag, value) => {
      const after = entryOf(service, 'image') ?? lastSimple(service);
      const key = { '--shm-size': 'shm_size', '--gpus': 'gpus', '--ipc': 'ipc' }[flag];
      return after && key ? insertKey(text, service, after, key, value) : null;
    },
  };
};

/** docker compose: `services:` with image, command, environment. */
export const compose: YamlShape = {
  name: 'compose',
  read: root => {
    const found = servicesIn(root).flatMap(service => {
      const reading = readService(service);
      return reading ? [{ reading, service }] : [];
    });
    const first = found[0];
    if (!first) return null;
    const problems = [...first.reading.problems];
    if (found.length > 1) problems.push(problem('several-launches', found[1]!.service.start, { count: found.length }));
    return { ...first.reading, problems, shape: 'compose', extent: first.service };
  },
};
