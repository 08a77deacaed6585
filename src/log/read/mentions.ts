import { isVersion } from '../../common/version.js';
import type { LogRecord } from './record.js';

/** What the text around a log speaks of: other releases, other engines' shares of the GPU, used memory over time. */
export interface Mentions {
  /** Releases named right behind vLLM: `vllm 0.7.3`, `vllm/vllm-openai:v0.7.3`. */
  releases: string[];
  /** Values of gpu_memory_utilization in launches, service files and scripts: of other engines, or of another attempt. */
  utilisations: number[];
  /** Services of Docker Compose that print vLLM's lines. */
  services: string[];
  /** Used memory of one GPU over five samples or more that never fall, GiB; absent otherwise. */
  growth?: { from: number; to: number };
}

const MOST = 20;
const LEAST_SAMPLES = 5;
const LONGEST_LINE = 2000;
/** 0.2.0 and later; a local tag or a post-release may follow. */
const RELEASE =
  /vllm(?:[-/]\w{1,12}){0,2}[^\w\n]{1,6}(?:version[^\w\n]{1,3})?v?(0\.[1-9]\d?\.\d{1,2}(?:\.(?:post)?\d)?)(?![\d.]*\d)/gi;
const UTILISATION =
  /gpu[-_ ]?mem(?:ory)?[-_ ]?utili[sz]ation["'`]{0,2} {0,2}[,=: ] {0,2}["']?([01]?\.\d{1,4}|1)(?![\d.])/gi;
/** A line of a launch, a service file or a script; not a sentence that speaks of the flag. */
const OF_A_LAUNCH =
  /^\s{0,40}(?:["'[{$-]|(?:\d{1,4}\s{1,8})?gpu_memory_utilization\s{0,4}[=:]|(?:vllm|python3?|docker|podman|uv)\s)|LLM\(|--model\b|command:|non-default args/;
/** A time, then `18203 MiB, 23028 MiB` of a CSV, or `2214, 18203 MiB` of a process; or a number in a table with such a column. */
const TIMED_SAMPLE = /(\d{1,2}:\d\d(?::\d\d)?)[^|]{0,40}?[,|\s](\d{3,6}) ?MiB(?: ?[,/] {0,4}\d{4,6} ?MiB)?\s{0,8}$/;
const USED_COLUMN = /used[^|]{0,20}MiB/i;
const TIMED_ROW = /^\s{0,8}\|[^|]{0,40}?(\d{1,2}:\d\d)[^|]{0,20}\|\s{0,8}(\d{4,6})(?: ?MiB)?\s{0,8}\|/;

const VLLM_PROCESS = /^(?:APIServer|EngineCore|Worker|VllmWorker)/;

/** Gathers mentions; bounded, and cheap where a line has none. */
export class MentionKeeper {
  private readonly releases = new Set<string>();
  private readonly utilisations = new Set<number>();
  private readonly services = new Set<string>();
  private readonly used = new Series();
  private inTable = false;

  record({ text, service, process }: LogRecord): void {
    if (service && process && VLLM_PROCESS.test(process) && this.services.size < MOST) this.services.add(service);
    const line = text.length > LONGEST_LINE ? text.slice(0, LONGEST_LINE) : text;
    if (this.utilisations.size < MOST && /tili[sz]ation/i.test(line) && OF_A_LAUNCH.test(line))
      for (const [, value] of line.matchAll(UTILISATION)) this.utilisations.add(Number(value));
    if (this.releases.size < MOST && /vllm/i.test(line))
      for (const [, release] of line.matchAll(RELEASE)) if (isVersion(release!)) this.releases.add(release!);
    const isRow = line.includes('|');
    const sample = this.inTable && isRow ? TIMED_ROW.exec(line) : line.includes('MiB') ? TIMED_SAMPLE.exec(line) : null;
    if (sample) this.used.add(sample[1]!, Number(sample[2]) / 1024);
    this.inTable = isRow && (this.inTable || USED_COLUMN.test(line));
  }

  all(): Mentions {
    const growth = this.used.growth();
    return {
      releases: [...this.releases],
      utilisations: [...this.utilisations],
      services: [...this.services],
      ...(growth && { growth }),
    };
  }
}

/** Samples of one GPU in the order of the text. Two of the same time are of two GPUs: no series. */
class Series {
  private count = 0;
  private first = 0;
  private last = 0;
  private time = '';
  private spoilt = false;

  add(time: string, value: number): void {
    if (this.count === 0) this.first = value;
    else if (value < this.last || time === this.time) this.spoilt = true;
    this.count++;
    this.last = value;
    this.time = time;
  }

  growth(): { from: number; to: number } | null {
    return this.spoilt || this.count < LEAST_SAMPLES ? null : { from: this.first, to: this.last };
  }
}
