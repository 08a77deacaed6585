import type { Matcher } from '../match/matcher.js';
import type { Examined } from '../repair/pipeline.js';

/** What the scan looks for beside the messages (significant form): signs of gluing, of tracebacks, of errors. */
const MARKERS = [
  'info0',
  'info1',
  'error0',
  'error1',
  'warning0',
  'warning1',
  'debug0',
  'debug1',
  'traceback(mostrecentcalllast)',
  '.py,line',
  '.py:',
  '.pyin',
  'error:',
  'exception:',
  'exit:',
  'interrupt',
  'vllm',
  'python',
  'docker',
  'podman',
  'lmeval',
  'lm-eval',
  'llm(',
  'engineargs',
  'launch',
  'torchrun',
  'xinference',
  'llamafactory',
  'swift',
  'services:',
  'apiversion:',
];

const GLUE = 0b1111_1111;
const TRACEBACK = 1 << 8;
const FRAME_PYTHON = 1 << 9;
const FRAME_OTHER = (1 << 10) | (1 << 11);
const ERROR = (1 << 12) | (1 << 13) | (1 << 14) | (1 << 15);

const LAUNCH = ~0 << 16;

export const markers = {
  all: MARKERS,
  isTraceback: (found: number) => (found & TRACEBACK) !== 0,
  mayBeFrame: (found: number) => (found & (FRAME_PYTHON | FRAME_OTHER)) !== 0,
  mayBeLaunch: (found: number) => (found & LAUNCH) !== 0,
  mayBeError: (found: number) => (found & ERROR) !== 0,
};

const NOTHING: Examined = { candidates: [], markers: 0, reach: 0, mayBeGlued: false };

/** One pass over the text: candidates for messages, markers, and whether several records may be glued together. */
export const examine =
  (matcher: Matcher) =>
  (text: string): Examined => {
    const scan = matcher.scan(text);
    const { markers: found } = scan;
    if (!found && text.indexOf('\\n') === -1) return scan.candidates.length ? { ...scan, mayBeGlued: false } : NOTHING;
    const mayBeGlued =
      (found & GLUE) !== 0 ||
      ((found & TRACEBACK) !== 0 && text.indexOf('Traceback (most') > 0) ||
      ((found & FRAME_PYTHON) !== 0 && text.indexOf(', line ', text.indexOf(', line ') + 7) !== -1) ||
      text.indexOf('\\n') !== -1;
    return { ...scan, mayBeGlued };
  };
