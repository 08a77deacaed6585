import { isVersion } from '../../common/version.js';

/** What the text around a log speaks of: other releases, other shares of the GPU. */
export interface Mentions {
  /** Releases named beside vLLM: `vllm 0.7.3`, `vllm/vllm-openai:v0.7.3`. */
  releases: string[];
  /** Values of gpu_memory_utilization anywhere in the text: of other services, other engines of a script. */
  utilisations: number[];
  /** Used memory of a GPU in the order of the text, GiB, as nvidia-smi prints it beside the total. */
  used: number[];
}

const MOST = 20;
const MOST_SAMPLES = 200;
const LONGEST_LINE = 2000;
/** 0.2.0 and later; a local tag or a post-release may follow. */
const RELEASE = /(?<![\d.])v?(0\.[1-9]\d?\.\d{1,2}(?:\.(?:post)?\d)?)(?![\d.]*\d)/g;
const UTILISATION =
  /gpu[-_ ]?mem(?:ory)?[-_ ]?utili[sz]ation["'`]{0,2} {0,2}[,=: ] {0,2}["']?([01]?\.\d{1,4}|1)(?![\d.])/gi;

/** `18203 MiB, 23028 MiB` of a CSV, `18203MiB / 23028MiB` of the table. */
const USED = /\b(\d{3,6}) ?MiB ?[,/] {0,4}\d{4,6} ?MiB\b/g;

/** The heading of a table with used memory in MiB, and a row of it: a time, then a number of four digits and more. */
const USED_COLUMN = /memory[._ ]?used[^|]{0,20}MiB|used[^|]{0,20}MiB/i;
const TIMED_ROW = /^\s{0,8}\|[^|]{0,40}\d{1,2}:\d\d[^|]{0,20}\|\s{0,8}(\d{4,6})(?: ?MiB)?\s{0,8}\|/;

/** Gathers mentions; bounded, and cheap where a line has none. */
export class MentionKeeper {
  private readonly releases = new Set<string>();
  private readonly utilisations = new Set<number>();
  private readonly used: number[] = [];
  private inTable = false;

  record(text: string): void {
    const line = text.length > LONGEST_LINE ? text.slice(0, LONGEST_LINE) : text;
    if (this.utilisations.size < MOST && /tili[sz]ation/i.test(line))
      for (const [, value] of line.matchAll(UTILISATION)) this.utilisations.add(Number(value));
    if (this.releases.size < MOST && /vllm/i.test(line))
      for (const [, release] of line.matchAll(RELEASE)) if (isVersion(release!)) this.releases.add(release!);
    this.sample(line);
  }

  /** A sample of used memory: beside the total, or in a table with a column of it and a time in each row. */
  private sample(line: string): void {
    if (this.used.length >= MOST_SAMPLES) return;
    if (line.includes('MiB')) for (const [, used] of line.matchAll(USED)) this.used.push(Number(used) / 1024);
    if (!line.includes('|')) return;
    if (USED_COLUMN.test(line)) this.inTable = true;
    else if (this.inTable) {
      const row = TIMED_ROW.exec(line);
      if (row) this.used.push(Number(row[1]) / 1024);
    }
  }

  all(): Mentions {
    return { releases: [...this.releases], utilisations: [...this.utilisations], used: this.used };
  }
}
