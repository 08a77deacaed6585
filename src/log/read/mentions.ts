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
const RELEASE = /(?<![\d.])v?(0\.[1-9]\d?\.\d{1,2}(?:\.post\d)?)(?![\d.])/g;
const UTILISATION =
  /gpu[-_ ]?mem(?:ory)?[-_ ]?utili[sz]ation["'`]{0,2} {0,2}[,=: ] {0,2}["']?([01]?\.\d{1,4}|1)(?![\d.])/gi;

/** `18203 MiB, 23028 MiB` of a CSV, `18203MiB / 23028MiB` of the table. */
const USED = /\b(\d{3,6}) ?MiB ?[,/] {0,4}\d{4,6} ?MiB\b/g;

/** Gathers mentions; bounded, and cheap where a line has none. */
export class MentionKeeper {
  private readonly releases = new Set<string>();
  private readonly utilisations = new Set<number>();
  private readonly used: number[] = [];

  record(text: string): void {
    const line = text.length > LONGEST_LINE ? text.slice(0, LONGEST_LINE) : text;
    if (this.utilisations.size < MOST && /tili[sz]ation/i.test(line))
      for (const [, value] of line.matchAll(UTILISATION)) this.utilisations.add(Number(value));
    if (this.releases.size < MOST && /vllm/i.test(line))
      for (const [, release] of line.matchAll(RELEASE)) if (isVersion(release!)) this.releases.add(release!);
    if (this.used.length < MOST_SAMPLES && line.includes('MiB'))
      for (const [, used] of line.matchAll(USED)) this.used.push(Number(used) / 1024);
  }

  all(): Mentions {
    return { releases: [...this.releases], utilisations: [...this.utilisations], used: this.used };
  }
}
