import type { Message } from '../../knowledge/messages.js';
import { LiteralScanner } from './literals.js';
import { type CompiledTemplate, compileTemplate } from './template.js';

/** A message found in a line. */
export interface MessageMatch {
  message: Message;
  values: Record<string, string | number>;
  start: number;
  end: number;
}

interface Entry {
  message: Message;
  templates: CompiledTemplate[];
}

/** All messages of the knowledge, ready to be looked for in one pass over a line. */
export class Matcher {
  private readonly entries: Entry[];
  private readonly scanner: LiteralScanner;
  /** Literal id -> positions in `entries` of the messages that need it. */
  private readonly needs: number[][] = [];
  private readonly markers: number;

  /** `markers`: further literals whose presence the caller wants to know (significant form), see {@link Scan.markers}. */
  constructor(messages: Message[], markers: string[] = []) {
    const literals = [...markers];
    const ids = new Map<string, number>();
    this.markers = markers.length;
    this.entries = messages.map((message, at) => ({
      message,
      templates: message.templates.map(source => {
        const compiled = compileTemplate(source);
        let id = ids.get(compiled.literal);
        if (id === undefined) {
          id = literals.push(compiled.literal) - 1;
          ids.set(compiled.literal, id);
        }
        this.needs[id] ??= [];
        if (!this.needs[id]!.includes(at)) this.needs[id]!.push(at);
        return compiled;
      }),
    }));
    this.scanner = new LiteralScanner(literals, markers.length);
  }

  /** One pass over the text: which messages may stand in it, and which markers do. */
  scan(text: string): Scan {
    const found = this.scanner.scan(text);
    if (!found) return NOTHING;
    let candidates: number[] | undefined;
    let markers = 0;
    for (const id of found.ids) {
      if (id < this.markers) markers |= 1 << id;
      else {
        candidates ??= [];
        for (const entry of this.needs[id]!) if (!candidates.includes(entry)) candidates.push(entry);
      }
    }
    return { candidates: candidates ?? NONE, markers, reach: found.reach };
  }

  /** The messages among the scan's candidates that do stand in the text. `skip` leaves out what is known well enough. */
  match(whole: string, { candidates, reach }: Scan, skip?: (message: Message) => boolean): MessageMatch[] {
    const found: MessageMatch[] = [];
    const text = reach < whole.length ? whole.slice(0, reach) : whole;
    for (const at of candidates) {
      const { message, templates } = this.entries[at]!;
      if (skip?.(message)) continue;
      for (const template of templates) {
        const matches = template.match(text);
        if (!matches.length) continue;
        for (const match of matches) found.push({ message, ...match });
        break;
      }
    }
    if (found.length < 2) return found;
    const ids = new Set(found.map(({ message }) => message.id));
    return found.filter(({ message }) => !message.yieldsTo?.some(id => ids.has(id))).sort((a, b) => a.start - b.start);
  }

  /** Scan and match at once. */
  find(text: string): MessageMatch[] {
    return this.match(text, this.scan(text));
  }
}

export interface Scan {
  candidates: number[];
  /** Bit i: marker i stands in the text. */
  markers: number;
  /** How far into the text messages are looked for: its whole length, but for texts crowded with one of them. */
  reach: number;
}

const NONE: number[] = [];
const NOTHING: Scan = { candidates: NONE, markers: 0, reach: 0 };
