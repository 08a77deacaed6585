import { type CommandReading, readCommand, readImage } from '../programs/command.js';
import { gpuText, hostPort } from '../programs/container-settings.js';
import { behind, type EnvSetting, type Setting, type Shape, settingOf } from '../reading.js';
import { bareContext, WORDS } from '../shell/dialect.js';
import { ShellLayout } from '../shell/layout.js';
import { splitWords, textValue, type Value, type Word, withVariables } from '../shell/words.js';
import { lineEnd, lineStart, newlineOf, nextLine } from '../text/edits.js';
import { Traced } from '../text/traced.js';

interface UnitSetting {
  key: string;
  /** Value, continued lines included. */
  body: Traced;
  start: number;
  end: number;
}

/** `Key=value` lines of a unit file with their continued lines. */
const settingsOf = (text: string): UnitSetting[] => {
  const settings: UnitSetting[] = [];
  for (let at = 0; at < text.length; ) {
    const match = /^[ \t]{0,40}([A-Za-z][\w-]{0,60})[ \t]{0,20}=[ \t]{0,20}/.exec(text.slice(at, at + 200));
    let end = lineEnd(text, at);
    if (match && !/\n/.test(match[0])) {
      while (/\\[ \t]*$/.test(text.slice(Math.max(at, end - 80), end)) && nextLine(text, end) < text.length)
        end = lineEnd(text, nextLine(text, end));
      const from = at + match[0].length;
      if (from <= end) settings.push({ key: match[1]!, body: Traced.of(text.slice(from, end), from), start: at, end });
    }
    at = nextLine(text, end);
  }
  return settings;
};

const wordsIn = (setting: UnitSetting, scope = withVariables(new Map())): Word[] => {
  if (!setting.body.length) return [];
  // ExecStart=-/path, @, +, !: what systemd makes of the start.
  const lead = setting.key === 'ExecStart' ? (/^[-@:+!|]{0,4}(?=[/\w$%])/.exec(setting.body.text)?.[0].length ?? 0) : 0;
  const body = setting.body.slice(lead);
  if (!body.length) return [];
  const layout = new ShellLayout({
    first: body.start(0),
    bare: bareContext(body.context(0), WORDS),
    continuation: '\\',
  });
  return splitWords(body, () => layout, scope);
};

const environmentOf = (
  setting: UnitSetting,
  scope: ReturnType<typeof withVariables>,
): { setting: EnvSetting; value: Traced }[] => {
  const words = wordsIn(setting, scope);
  return words.flatMap(word => {
    const match = /^([A-Za-z_]\w{0,100})=/.exec(word.text.text);
    if (!match) return [];
    const value = word.text.slice(match[0].length);
    const slot = { text: value, start: word.end - value.length, end: word.end, bare: word.bare };
    const remove = (text: string) =>
      words.length === 1
        ? [{ start: lineStart(text, setting.start), end: nextLine(text, setting.end), text: '' }]
        : word.layout.remove(text, [word]);
    return [{ setting: { ...settingOf(slot), name: match[1]!, remove }, value }];
  });
};

const first = (settings: UnitSetting[], key: string): UnitSetting | undefined =>
  settings.find(setting => setting.key === key && setting.body.length);

const plainSetting = (setting: UnitSetting | undefined): Setting | null =>
  setting
    ? settingOf({ text: setting.body, start: setting.body.start(0), end: setting.end, bare: setting.body.context(0) })
    : null;

/** Podman Quadlet: the container's parts are settings of their own. */
const readQuadlet = (settings: UnitSetting[], scope: ReturnType<typeof withVariables>): CommandReading | null => {
  const image = first(settings, 'Image');
  const exec = first(settings, 'Exec');
  const entrypoint = first(settings, 'Entrypoint');
  if (!image) return null;
  const words = [...(entrypoint ? wordsIn(entrypoint, scope) : []), ...(exec ? wordsIn(exec, scope) : [])];
  const reading =
    readCommand(words, [], { scope }) ?? (entrypoint ? null : readImage(words, null, { image: image.body.text }));
  if (!reading) return null;
  const podman = settings.filter(setting => setting.key === 'PodmanArgs').flatMap(setting => wordsIn(setting, scope));
  const option = (name: string): Setting | null => {
    const at = podman.findIndex(word => word.text.text === name || word.text.text.startsWith(`${name}=`));
    if (at < 0) return null;
    const word = podman[at]!;
    const joined = word.text.text.startsWith(`${name}=`);
    const value = joined ? word.text.slice(name.length + 1) : podman[at + 1]?.text;
    return value ? settingOf({ text: value, start: word.start, end: word.end, bare: word.bare }) : null;
  };
  const device = settings.find(
    setting => setting.key === 'AddDevice' && setting.body.text.startsWith('nvidia.com/gpu='),
  );
  const gpus = option('--gpus');
  const port = first(settings, 'PublishPort');
  return {
    ...reading,
    container: true,
    image: plainSetting(image),
    gpus: device ? behind(plainSetting(device)!, 'nvidia.com/gpu=') : gpus && { ...gpus, value: gpuText(gpus.value) },
    shmSize: plainSetting(first(settings, 'ShmSize')) ?? option('--shm-size'),
    ipc: option('--ipc'),
    appendContainer: (text, flag, value) => {
      const line = {
        '--shm-size': `ShmSize=${value}`,
        '--ipc': `PodmanArgs=--ipc=${value}`,
        '--gpus': value === 'all' ? 'AddDevice=nvidia.com/gpu=all' : null,
      }[flag];
      return line ? [{ start: image.end, end: image.end, text: newlineOf(text) + line }] : null;
    },
    outerPort: port ? hostPort(port.body.text.trim()) : undefined,
  };
};

/** A systemd unit or a Podman Quadlet. */
export const systemd: Shape = {
  name: 'systemd',
  read: text => {
    if (!/(?:^|\n)[ \t]{0,20}(?:ExecStart|Exec|Image)[ \t]{0,20}=/.test(text)) return null;
    if (!/(?:^|\n)[ \t]{0,20}(?:\[(?:Unit|Service|Container|Install)\]|ExecStart=|PublishPort=|Exec=)/.test(text))
      return null;
    const settings = settingsOf(text);
    const variables = new Map<string, Value | null>();
    const scope = withVariables(variables);
    const env: EnvSetting[] = [];
    const lines = settings.filter(setting => setting.key === 'Environment');
    for (const line of lines)
      for (const { setting, value } of environmentOf(line, scope)) {
        env.push(setting);
        variables.set(setting.name, textValue(value));
      }
    const start = first(settings, 'ExecStart');
    const reading = start ? readCommand(wordsIn(start, scope), [], { scope }) : readQuadlet(settings, scope);
    if (!reading) return null;
    return {
      ...reading,
      shape: 'systemd',
      argv: undefined,
      env: [...env, ...reading.env],
      appendEnv: (whole, name, value) => {
        const after = lines.at(-1);
        const pair = /[\s"]/.test(value) ? JSON.stringify(`${name}=${value}`) : `${name}=${value}`;
        if (after) return [{ start: after.end, end: after.end, text: `${newlineOf(whole)}Environment=${pair}` }];
        const before = start ?? settings.find(setting => setting.key === 'Image')!;
        return [{ start: before.start, end: before.start, text: `Environment=${pair}${newlineOf(whole)}` }];
      },
      extent: { start: 0, end: text.length },
    };
  },
};
