import { readArguments } from '../args/arguments.js';
import { type CommandReading, readCommand, readImage, readScriptText } from '../programs/command.js';
import { readingOf } from '../programs/vllm.js';
import type { Reading, Setting } from '../reading.js';
import { POSIX } from '../shell/dialect.js';
import { withVariables } from '../shell/words.js';
import { at, entryOf, itemsOf, mapsBelow, scalarAt, stringAt, type YamlMap, type YamlNode } from '../yaml/document.js';
import { appendEnvironment, environmentScope, modelFrom, readEnvironment, scalarSetting } from '../yaml/environment.js';
import { readMapping } from '../yaml/mapping.js';
import { endsInShell, foldedBackslashes, wordsOf, wordsOfString } from '../yaml/words.js';
import type { YamlShape } from './yaml.js';

const GPU_RESOURCES = ['nvidia.com/gpu'];

const gpusOf = (container: YamlMap): Setting | null => {
  for (const kind of ['limits', 'requests'])
    for (const resource of GPU_RESOURCES) {
      const count = scalarAt(container, 'resources', kind, resource);
      if (count) return scalarSetting(count);
    }
  return null;
};

/** sizeLimit of the memory volume that is mounted on /dev/shm. */
const shmOf = (root: YamlNode, container: YamlMap): Setting | null => {
  const mount = itemsOf(at(container, 'volumeMounts')).find(item => stringAt(item, 'mountPath') === '/dev/shm');
  const name = stringAt(mount, 'name');
  if (!name) return null;
  for (const map of mapsBelow(root))
    for (const volume of itemsOf(at(map, 'volumes'))) {
      const limit = scalarAt(volume, 'emptyDir', 'sizeLimit');
      if (stringAt(volume, 'name') === name && limit) return scalarSetting(limit);
    }
  return null;
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
  return {
    ...reading,
    args: [
      ...(served?.parallelism ? readMapping(served.parallelism, { rename: parallelName }).args : []),
      ...reading.args,
      ...(additional?.args ?? []),
    ],
    problems: [...reading.problems, ...(additional?.problems ?? []), ...backslashes],
    append: (text, name, value) =>
      args.length || !additional ? own.append(text, name, value) : additional.append(text, name, value),
    ...(reading.model === null && served ? modelFrom(served.model, /^hf:\/\//) : {}),
    image: image ? scalarSetting(image, scope) : null,
    gpus: gpusOf(container),
    shmSize: shmOf(root, container),
    outerPort: reading.outerPort,
    env: [
      ...readEnvironment(env?.value ?? null, scope).filter(setting => setting.name !== 'VLLM_ADDITIONAL_ARGS'),
      ...reading.env,
    ],
    appendEnv: (text, name, value) => appendEnvironment(env, text, name, value),
  };
};

const isContainer = (map: YamlMap): boolean =>
  entryOf(map, 'modelFormat') !== null ||
  (entryOf(map, 'image') !== null &&
    ['args', 'command', 'env', 'resources', 'name', 'volumeMounts'].some(key => entryOf(map, key))) ||
  (entryOf(map, 'args')?.value?.kind === 'seq' && !entryOf(map, 'import_path') && at(map, 'image')?.kind !== 'map');

/** Deployment, Pod, LeaderWorkerSet, KServe: a container with command, args, env and resources. */
export const kubernetes: YamlShape = {
  name: 'kubernetes',
  read: root => {
    for (const container of mapsBelow(root)) {
      const reading = isContainer(container) ? readContainer(root, container) : null;
      if (reading) return { ...reading, shape: 'kubernetes', extent: container };
    }
    return readConfigMap(root);
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
