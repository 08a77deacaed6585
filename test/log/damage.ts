/** Ways in which terminals, containers, collectors and forms damage a log. Each keeps the meaning of every line. */
export type Damage = (lines: string[]) => string;

const each = (change: (line: string, i: number) => string | string[]) => (lines: string[]) =>
  `${lines.flatMap(change).join('\n')}\n`;

const stamp = (i: number) => `2026-03-11T17:${String(10 + (i % 50))}:09.855212${String(i % 1000).padStart(3, '0')}Z`;

const hardWrap = (width: number) => (line: string) =>
  line.length ? (line.match(new RegExp(`.{1,${width}}`, 'gu')) ?? []) : [''];

const softWrap = (width: number) => (line: string) => {
  const rows: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    // A word longer than the row is broken, as browsers and mail programs do.
    const whole = at > width * 0.5;
    rows.push(rest.slice(0, whole ? at : width));
    rest = rest.slice(whole ? at + 1 : width);
  }
  return [...rows, rest];
};

const colour = (open: string, close: string) => (line: string) =>
  line
    .replace(/^(\([A-Z][^)]*pid=\d+\))/, `${open}$1${close}`)
    .replace(/\b(ERROR|INFO|WARNING)( \d\d-\d\d )/, `${open}$1${close}$2`);

/** Damage that leaves everything readable: events, facts and phase must come out unchanged. */
export const damages: Record<string, Damage> = {
  'CRLF line ends': lines => lines.join('\r\n'),
  colours: each(colour('\u001B[1;36m', '\u001B[0;0m')),
  'colours that lost their ESC': each(colour('[1;36m', '[0;0m')),
  'colours with ESC written as #033': each(colour('#033[31m', '#033[0m')),
  'docker compose prefix': each(line => `vllm-1  | ${line}`),
  'compose name in brackets': each(line => `[vllm]                 | ${line}`),
  'kubectl --timestamps': each((line, i) => `${stamp(i)} ${line}`),
  containerd: each((line, i) => `${stamp(i)} stderr F ${line}`),
  Buildkite: each((line, i) => `[${stamp(i).slice(0, 19)}Z] ${line}`),
  GCP: each((line, i) => `INFO ${stamp(i)} [resource.labels.containerName: vllm] ${line}`),
  journald: each(line => `Aug 17 18:42:18 gpuhost vllm[8052]: ${line}`),
  'journald in Chinese': each(line => `6月 10 16:45:05 gpuhost bash[107468]: ${line}`),
  FastChat: each(line => `2024-04-27 10:13:05 | ERROR | stderr | ${line}`),
  TorchServe: each(line => `2024-11-18T16:43:45,496 [INFO ] W-9000-model_1.0-stdout MODEL_LOG - ${line}`),
  DJL: each(line => `INFO  PyProcess W-299-model1-stdout: [1,0]<stdout>:${line}`),
  unsloth: each(line => `vLLM STDOUT: ${line}`),
  'two clocks': each(line => `2025-07-10 08:59:40 ${line}`),
  box: each(line => `│ ${line.padEnd(700)} │`),
  'box that wraps': each(line => hardWrap(150)(line).map(row => `│ ${row.padEnd(150)} │`)),
  'quoted as in mail': each(line => `> ${line}`),
  'Markdown escapes': each(line => line.replace(/([[\]_])/g, '\\$1')),
  'HTML entities': each(line => line.replaceAll('"', '&quot;').replaceAll('>', '&gt;')),
  'every line doubled': each(line => [line, line]),
  'a blank line after each line': each(line => [line, '']),
  'padded to the width of the terminal': each(line => line.padEnd(400)),
  'hard wrap at 80': each(hardWrap(80)),
  'hard wrap at 100': each(hardWrap(100)),
  'hard wrap at 133': each(hardWrap(133)),
  'soft wrap at 120': each(softWrap(120)),
  'compose prefix, then wrapped by a terminal': lines => each(hardWrap(120))(lines.map(line => `vllm-1  | ${line}`)),
  'Docker json-file': each(line =>
    JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: '2026-03-11T17:57:09Z' }),
  ),
  'JSON of a collector': each(line => JSON.stringify({ ts: 1, kubernetes: { pod: 'x' }, message: line })),
  'GCP JSON': each(line => JSON.stringify({ jsonPayload: { message: line }, severity: 'ERROR' })),
  'JSON of a collector, then wrapped by a terminal': lines =>
    each(hardWrap(160))(lines.map(line => JSON.stringify({ ts: 1, kubernetes: { pod: 'x' }, message: line }))),
  'Docker json-file, then wrapped by a mail program': lines =>
    each(softWrap(120))(lines.map(line => JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: '17:57:09Z' }))),
  'GCP JSON, then wrapped by a terminal': lines =>
    each(hardWrap(100))(lines.map(line => JSON.stringify({ jsonPayload: { message: line }, severity: 'ERROR' }))),
  'progress bar in front': each(line =>
    /^(?:INFO|ERROR) \d\d-/.test(line) ? `Loading:  50%|█████     | 2/4 [00:01<00:01,  1.3it/s]${line}` : line,
  ),
  'stamp on its own line, stray Copy': each((line, i) => [stamp(i), line, ...(i % 3 ? [] : ['Copy'])]),
};
