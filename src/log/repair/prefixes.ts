/**
 * The prefixes that vLLM, torch, Ray, containers and log collectors put before a message. Each is anchored at the start of
 * what is left of the line and is taken off until none fits; the innermost one names the process and the level.
 */
export type Level = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

export interface Peeled {
  /** What is left: the message with its own indentation. */
  text: string;
  /** vLLM's, torch's or Ray's own prefix stood before it: the line begins a record and continues none. */
  begins: boolean;
  /** What a collector had before it (its prefixes taken off, the line's own kept); absent where none had it. */
  row?: string;
  level?: Level;
  /** Label of the process as printed: `Worker_TP3 pid=1037`, `rank0`. */
  process?: string;
  /** Source file in vLLM's own prefix: `gpu_worker.py`, `v1/worker/gpu_worker.py`. */
  source?: string;
  /** Line of that file. */
  sourceLine?: number;
  /** `10-19 20:31:10` of vLLM's own prefix. */
  stamp?: string;
}

const LEVELS = 'DEBUG|INFO|WARNING|ERROR|CRITICAL';

/** `INFO 04-09 05:39:42 [core.py:239] `, with or without seconds and brackets (vllm/logger.py of every release). */
const VLLM = new RegExp(
  `^(${LEVELS}) {1,4}(?:(\\d\\d-\\d\\d \\d\\d:\\d\\d(?::\\d\\d)?) |(?=\\[\\w{1,60}\\.py[:\\]]))(?:\\[([^\\]\\s:]{1,160})(?::(\\d{1,6}))?\\]|([^\\s\\]]{1,160}):(\\d{1,6})\\]) ?`,
);

/** `(EngineCore_DP0 pid=17374) `, `(VllmWorker rank=5 pid=3073) `, also with the parenthesis lost. */
const PROCESS =
  /^\(?([A-Z][\w.-]{1,60}(?::[\w.:/-]{1,120})?(?: [^()\n]{1,80}?)?[ ,]pid=\d{1,10}(?:, \w{1,12}=[\w.:-]{1,60}){0,4})\) ?/;
const RAY_LOWER = /^\(([a-z][\w.]{1,60} pid=\d{1,10}(?:, \w{1,12}=[\w.:-]{1,60}){0,4})\) ?/;
/** vllm-omni: the engine of a pipeline's stage. */
const STAGE = /^\[(Stage-\d{1,3})\] ?/;
const RANK = /^\[(rank\d{1,5})\]: ?/;
const RANK_TORCH = /^\[(rank\d{1,5})\]:(?=\[[WEIF]\d)/;
const TORCH = /^\[?([WEIF])\d{3,4} \d\d:\d\d:\d\d[.\d]{0,12} (?:\d{1,8} )?[\w./-]{1,120}:\d{1,6}\] ?/;

const STAMP = '\\d{4}-\\d\\d-\\d\\d[T -]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?(?: ?(?:Z|UTC|[+-]\\d\\d:?\\d\\d))?';

/** Prefixes of containers, orchestrators and collectors: nothing is read from them. By the character they begin with. */
const WITH_DIGIT: RegExp[] = [
  // FastChat: "stamp | ERROR | stderr | "
  new RegExp(`^${STAMP} ?\\| (?:${LEVELS}) ?\\| (?:stderr|stdout|[\\w.]{1,60}) ?\\| ?`),
  // TorchServe, Lemonade: "stamp [INFO ] worker LOGGER - "
  new RegExp(`^${STAMP} \\[(?:[A-Za-z]{4,8}) ?\\] (?:W-\\S{1,80} \\w{1,40} - |\\(Process\\) )?`),
  // Xinference: "stamp module pid LEVEL "
  new RegExp(`^${STAMP} [\\w.]{3,120} \\d{1,8} (?:${LEVELS}) {1,8}`),
  // KServe: "stamp pid kserve LEVEL [module():line] "
  new RegExp(`^${STAMP} \\d{1,8} \\w{1,40} (?:${LEVELS}) \\[[^\\]]{1,120}\\] ?`),
  // Python logging: "stamp - name - LEVEL - "
  new RegExp(`^${STAMP} - (?:[\\w.]{1,120} - )?(?:${LEVELS}) - (?:[\\w.]{1,80}:\\d{1,6} - )?`),
  // bare stamps: kubectl --timestamps, containerd (with stream and tag), two clocks
  new RegExp(`^${STAMP} ?(?:std(?:out|err) [FP] )?`),
  // syslog in a language whose months are numbered
  /^\d{1,2}月 {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,6})? [\w.-]{1,80} [\w./@:-]{1,80}(?:\[\d{1,10}\])?: ?/,
  // LocalAI: "3:44PM DBG GRPC(id): stderr "
  /^\d{1,2}:\d\d[AP]M [A-Z]{3} (?:GRPC\([^)]{1,120}\): )?(?:stderr|stdout) ?/,
];
const WITH_LETTER: RegExp[] = [
  // docker compose
  /^[\w./:@-]{1,80}\s{1,60}\|(?: |$)/,
  // GCP: level, stamp, resource label
  new RegExp(`^(?:DEFAULT|NOTICE|${LEVELS}|ALERT|EMERGENCY) {1,4}${STAMP} {1,4}(?:\\[resource\\.[^\\]]{1,120}\\] ?)?`),
  // journald and syslog
  /^[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,6})? [\w.-]{1,80} [\w./@:-]{1,80}(?:\[\d{1,10}\])?: ?/,
  // KServe and other container names before vLLM's own prefix
  /^(?:kserve-container|vllm-container) {1,4}/,
  // DJL, SageMaker: "INFO  PyProcess W-299-model1-stdout: [1,0]<stdout>:"
  /^(?:[A-Z]{4,8} {0,4}\]? ?)?PyProcess (?:- )?W-\S{1,80}-std(?:out|err): ?/,
  /^vLLM STD(?:OUT|ERR): ?/,
];
const WITH_BRACKET: RegExp[] = [
  /^\[[\w./:@-]{1,80}\]\s{1,60}\|(?: |$)/,
  new RegExp(`^\\[${STAMP}\\] - (?:[\\w.]{1,120} - )?(?:${LEVELS}) - `),
  new RegExp(`^\\[${STAMP}\\] (?:\\w{1,40} )?(?:${LEVELS}): ?`),
  // Buildkite, GitHub Actions
  new RegExp(`^\\[${STAMP}\\] ?`),
  /^\[[A-Z]{4,8} ?\] {0,4}PyProcess (?:- )?W-\S{1,80}-std(?:out|err): ?/,
  /^\[\d{1,4},\d{1,4}\]<std(?:out|err)>: ?/,
  /^\[\d{2,8}\] (?=\[rank)/,
  // a level alone in brackets
  /^\[(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL|error|info|warn)\s?\] ?/,
];
const WITH_BLANK: RegExp[] = [
  // the gutter of a CI page, with or without a stamp
  new RegExp(`^\\s{0,4}\\| \\[?${STAMP}\\]? ?`),
  /^\s{1,4}\| (?=[[(\dA-Z])/,
];
const WITH_PARENTHESIS: RegExp[] = [/^\(Process\) /];

const NO_PATTERNS: RegExp[] = [];

const collectorsFor = (char: number): RegExp[] => {
  if (char >= 48 && char <= 57) return WITH_DIGIT;
  if ((char >= 65 && char <= 90) || (char >= 97 && char <= 122)) return WITH_LETTER;
  if (char === 91) return WITH_BRACKET;
  if (char === 32 || char === 124) return WITH_BLANK;
  return char === 40 ? WITH_PARENTHESIS : NO_PATTERNS;
};

const MORE = / ?\[repeated \d{1,6}x across (?:all nodes|cluster)\].{0,200}$/;

/** Takes off all prefixes. Cheap for vLLM's own lines, which are most. */
export const peel = (line: string): Peeled => {
  const peeled: Peeled = { text: line, begins: false };
  for (let round = 0; round < 9; round++) {
    const text = peeled.text;
    const char = text.charCodeAt(0);
    // I W E D C: vLLM's own level ends the prefixes.
    if (char === 73 || char === 87 || char === 69 || char === 68 || char === 67) {
      const own = VLLM.exec(text);
      if (own) {
        peeled.text = text.slice(own[0].length);
        peeled.level = own[1] as Level;
        peeled.source = own[3] ?? own[5]!;
        if (own[2] !== undefined) peeled.stamp = own[2];
        const at = own[4] ?? own[6];
        if (at !== undefined) peeled.sourceLine = Number(at);
        peeled.begins = true;
        if (peeled.text.startsWith('vLLM STD')) continue;
        break;
      }
    }
    // Access lines of uvicorn are most of a busy server's log and bear no prefix of their own.
    if (char === 73 && text.startsWith('INFO:')) break;
    const process = processIn(text, char);
    if (process) {
      peeled.process = process[1]!;
      peeled.text = text.slice(process[0].length);
      peeled.begins = true;
      continue;
    }
    const stage = char === 91 ? STAGE.exec(text) : null;
    if (stage) {
      peeled.process = peeled.process === undefined ? stage[1]! : `${peeled.process} ${stage[1]}`;
      peeled.text = text.slice(stage[0].length);
      peeled.begins = true;
      continue;
    }
    if (char === 91 || (char <= 87 && text.charCodeAt(1) < 58)) {
      const torch = TORCH.exec(text);
      if (torch) {
        peeled.text = text.slice(torch[0].length);
        peeled.level = torch[1] === 'E' || torch[1] === 'F' ? 'ERROR' : torch[1] === 'W' ? 'WARNING' : 'INFO';
        peeled.begins = true;
        continue;
      }
    }
    const collector = peelCollector(text, char);
    if (collector === null) break;
    peeled.text = collector;
    if (!peeled.begins) peeled.row = collector;
  }
  if (peeled.process !== undefined && peeled.text.endsWith(']')) peeled.text = peeled.text.replace(MORE, '');
  return peeled;
};

/** A process label: in parentheses, or with the first one lost; `[rank0]: ` in brackets. */
const processIn = (text: string, char: number): RegExpExecArray | null => {
  if (char === 40) return PROCESS.exec(text) ?? RAY_LOWER.exec(text);
  if (char === 91) return RANK.exec(text) ?? RANK_TORCH.exec(text);
  return char >= 65 && char <= 90 && text.indexOf('pid=', 4) !== -1 ? PROCESS.exec(text) : null;
};

const peelCollector = (text: string, char: number): string | null => {
  for (const pattern of collectorsFor(char)) {
    const match = pattern.exec(text);
    if (match?.[0]?.trim()) return text.slice(match[0].length);
  }
  return null;
};

/** Where a further record of vLLM begins behind the one at the start (lost newlines, a progress bar before it); -1 for none. */
export const nextRecord = (text: string): number => {
  RECORD.lastIndex = 0;
  const first = RECORD.exec(text);
  if (first?.index !== 0) return first?.index ?? -1;
  return RECORD.exec(text)?.index ?? -1;
};

const RECORD = new RegExp(
  `(?:\\((?:[A-Z]\\w{2,60}) [^()]{0,60}pid=\\d{1,10}[^()]{0,40}\\) ?)?(?:${LEVELS}) {1,2}\\d\\d-\\d\\d \\d\\d:\\d\\d(?::\\d\\d)? \\[?[\\w./<>-]{1,160}:\\d{1,6}\\]`,
  'g',
);
