import { isEngineArgument } from '../args/flags.js';
import { readMembers } from '../args/members.js';
import { setLiteral } from '../args/set-literal.js';
import { readCommand, readImage } from '../programs/command.js';
import { envPair, hostPort } from '../programs/container-settings.js';
import { wordsOfLiteral } from '../programs/literal-words.js';
import type { Reading, Setting, Shape } from '../reading.js';
import { type Literal, literalValue, parseLiteral } from '../text/literal.js';
import { literalText } from '../text/literal-text.js';
import { Traced } from '../text/traced.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';

type Holder = Extract<Literal, { kind: 'object' }>;

const member = (literal: Literal | undefined, key: string): Literal | undefined =>
  literal?.kind === 'object' ? literal.members.find(candidate => candidate.key === key)?.value : undefined;

/** An object of engine arguments; Triton's model.json writes switches as strings or names its own settings. */
const readArguments = (text: string, source: Traced, root: Holder): Reading | null => {
  const known = root.members.filter(item => isEngineArgument(item.key)).length;
  if (known < 2 || known * 2 < root.members.length) return null;
  const reading = readMembers(root, source, {
    style: 'json',
    rename: name => (name === 'model' ? null : name),
  });
  const model = member(root, 'model');
  const triton =
    root.members.some(item => item.value.kind === 'string' && /^(?:true|false)$/i.test(item.value.value)) ||
    root.members.some(item => item.key === 'disable_log_requests');
  return {
    ...NO_SURROUNDINGS,
    ...reading,
    shape: triton ? 'triton' : 'json',
    program: triton ? 'triton' : 'engine_args',
    model: model?.kind === 'string' ? model.value : null,
    setModel: model ? (_text, value) => setLiteral(model, source, value, JSON.stringify) : undefined,
    extent: { start: 0, end: text.length },
  };
};

const stringSetting = (literal: Literal | undefined, source: Traced): Setting | null => {
  if (!literal || (literal.kind !== 'string' && literal.kind !== 'constant')) return null;
  const value = String(literalValue(literal, source.text));
  const text = literalText(literal, source);
  const place = text.place();
  return {
    value,
    at: source.start(literal.start),
    // A number (bytes) takes no `16g`.
    set: (_text, wanted) =>
      place && (literal.kind === 'string' || /^\d+$/.test(wanted))
        ? [{ ...place, text: place.context.encode(wanted) }]
        : [],
  };
};

/** `docker inspect`: a container with Path, Args, Config and HostConfig. */
const readInspect = (text: string, source: Traced, container: Holder): Reading | null => {
  const config = member(container, 'Config');
  const host = member(container, 'HostConfig');
  const lists = [member(config, 'Entrypoint'), member(config, 'Cmd') ?? member(container, 'Args')];
  const words = lists.flatMap(list => (list?.kind === 'array' ? wordsOfLiteral(list, source) : []));
  const image = stringSetting(member(config, 'Image'), source);
  const cmd = lists[1]?.kind === 'array' ? wordsOfLiteral(lists[1], source) : [];
  const reading =
    readCommand(words, [], { list: true }) ?? readImage(cmd, null, { image: image?.value ?? '', list: true });
  if (!reading) return null;
  const env = member(config, 'Env');
  const settings = (env?.kind === 'array' ? wordsOfLiteral(env, source) : []).flatMap(word => {
    const pair = envPair({ text: word.text, start: word.start, end: word.end, bare: word.bare });
    return pair ? [{ ...pair, remove: (whole: string) => word.layout.remove(whole, [word]) }] : [];
  });
  const shm = member(host, 'ShmSize');
  const bindings = member(host, 'PortBindings');
  const binding = bindings?.kind === 'object' ? bindings.members[0]?.value : undefined;
  const published = binding?.kind === 'array' ? member(binding.items[0], 'HostPort') : undefined;
  const requests = member(host, 'DeviceRequests');
  const request = requests?.kind === 'array' ? requests.items[0] : undefined;
  const ids = member(request, 'DeviceIDs');
  const count = member(request, 'Count');
  const gpuValue =
    ids?.kind === 'array' && ids.items.length
      ? ids.items.map(item => String(literalValue(item, source.text))).join(',')
      : count?.kind === 'constant'
        ? count.value === -1
          ? 'all'
          : String(count.value)
        : null;
  return {
    ...reading,
    shape: 'json',
    argv: undefined,
    image,
    gpus: gpuValue === null ? null : { value: gpuValue, at: source.start(request!.start), set: () => [] },
    shmSize: stringSetting(shm, source),
    outerPort: published?.kind === 'string' ? hostPort(`${published.value}:0`) : undefined,
    env: settings,
    extent: { start: 0, end: text.length },
  };
};

/** JSON: an object of engine arguments, Triton's model.json, the output of `docker inspect`. */
export const json: Shape = {
  name: 'json',
  read: text => {
    if (!/^\s{0,400}[[{]/.test(text)) return null;
    const source = Traced.of(text);
    const root = parseLiteral(text);
    if (root?.kind === 'array') {
      const first = root.items[0];
      return first?.kind === 'object' && (member(first, 'Config') || member(first, 'Args'))
        ? readInspect(text, source, first)
        : null;
    }
    if (root?.kind !== 'object') return null;
    if (member(root, 'Config') || member(root, 'Args')) return readInspect(text, source, root);
    return readArguments(text, source, root);
  },
};
