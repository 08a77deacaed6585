import type { LogReading } from '../types.js';

type Carrier = NonNullable<LogReading['carrier']>;

/** How each carrier marks its lines (shapes met in public reports; anchored, so one test a line is cheap). */
const MARKS: [Carrier, RegExp][] = [
  ['notebook', /(?:^|[/\\])ipykernel_\d|^Cell In\s?\[\d|<ipython-input-\d|^Jupyter/],
  ['journal', /^(?:[A-Z][a-z]{2}|\d{1,2}月) {1,2}\d{1,2} \d\d:\d\d:\d\d \S{1,80} \S{1,80}\[\d{1,10}\]: /],
  ['kubernetes', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,9}(?:Z|[+-]\d\d:\d\d) (?:std(?:out|err) [FP] )?\S/],
  ['docker', /^\[?[\w.-]{1,60}\]?\s{1,40}\| /],
];

/** Lines that are looked at: a carrier marks them all. */
const LOOKED_AT = 400;

/** Watches the raw lines for who carried them. */
export class CarrierWatch {
  private readonly counts = new Map<Carrier, number>();
  private seen = 0;

  line(text: string): void {
    if (this.seen >= LOOKED_AT || text === '') return;
    this.seen++;
    const head = text.slice(0, 300);
    const found = MARKS.find(([, mark]) => mark.test(head))?.[0];
    if (found) this.counts.set(found, (this.counts.get(found) ?? 0) + 1);
  }

  /** A notebook shows in one line, the others in most; undefined where nothing tells. */
  verdict(): Carrier | undefined {
    if (this.counts.has('notebook')) return 'notebook';
    return [...this.counts].find(([, count]) => count >= this.seen / 3)?.[0];
  }
}
