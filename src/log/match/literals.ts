/**
 * Finds which of many literals stand in a text, in one pass (Aho-Corasick). Case and the insignificant characters of the
 * template language are skipped, so a literal is found although a paste lost its spaces or backticks.
 */
const SKIP = 255;
const OTHER = 0;

const insignificant = ' \t\r\n\f\v_`*\'"\\\u00A0';

export class LiteralScanner {
  /** Character code -> column of the transition table; characters in no literal share column 0. */
  private readonly columns = new Uint8Array(256);
  private readonly width: number;
  private readonly next: Int32Array;
  /** State -> ids of the literals that end there; empty for most. */
  private readonly outputs: (number[] | undefined)[];
  private readonly ends: Uint8Array;
  private readonly counts: Uint32Array;

  /** `literals` in significant form (see significant()); a literal's id is its index. The first `uncounted` may crowd. */
  constructor(
    literals: string[],
    private readonly uncounted = 0,
  ) {
    this.counts = new Uint32Array(literals.length);
    for (const char of insignificant) this.columns[char.charCodeAt(0)] = SKIP;
    let columns = 1;
    for (const literal of literals)
      for (let i = 0; i < literal.length; i++) {
        const code = literal.charCodeAt(i);
        if (code > 255 || this.columns[code] === SKIP)
          throw new Error(`character that cannot be searched in "${literal}"`);
        if (this.columns[code] === OTHER) {
          this.columns[code] = columns;
          const upper = literal[i]!.toUpperCase().charCodeAt(0);
          if (upper < 256) this.columns[upper] = columns;
          columns++;
        }
      }
    this.width = columns;
    const size = literals.reduce((sum, literal) => sum + literal.length, 1);
    const next = new Int32Array(size * columns).fill(-1);
    const outputs: (number[] | undefined)[] = [undefined];
    let states = 1;
    literals.forEach((literal, id) => {
      let state = 0;
      for (let i = 0; i < literal.length; i++) {
        const edge = state * columns + this.columns[literal.charCodeAt(i)]!;
        if (next[edge] === -1) {
          next[edge] = states++;
          outputs.push(undefined);
        }
        state = next[edge]!;
      }
      outputs[state] = [...(outputs[state] ?? []), id];
    });
    // Breadth first: where a state has no edge, take that of its longest proper suffix.
    const fail = new Int32Array(states);
    const queue: number[] = [];
    for (let column = 0; column < columns; column++) {
      const state = next[column]!;
      if (state === -1) next[column] = 0;
      else queue.push(state);
    }
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head]!;
      const suffix = outputs[fail[state]!];
      if (suffix) outputs[state] = [...(outputs[state] ?? []), ...suffix];
      for (let column = 0; column < columns; column++) {
        const to = next[state * columns + column]!;
        const fallback = next[fail[state]! * columns + column]!;
        if (to === -1) next[state * columns + column] = fallback;
        else {
          fail[to] = fallback;
          queue.push(to);
        }
      }
    }
    this.next = next.slice(0, states * columns);
    this.outputs = outputs;
    this.ends = Uint8Array.from(outputs, list => (list ? 1 : 0));
  }

  /**
   * Which literals stand in `text` from position `from` on, in order of their first end. Null for most lines. A literal
   * that comes too often ends what is worth a closer look: no program prints its message so often in one record, but a
   * text can be made so that every one of them costs a search.
   */
  scan(text: string, from = 0): Found | null {
    const { columns, next, ends, width, counts } = this;
    let ids: number[] | undefined;
    let reach = text.length;
    let state = 0;
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const column = code < 256 ? columns[code]! : OTHER;
      if (column === SKIP) continue;
      state = next[state * width + column]!;
      if (ends[state]) {
        ids ??= [];
        for (const id of this.outputs[state]!) {
          const count = ++counts[id]!;
          if (count === 1) ids.push(id);
          else if (count === CROWD && id >= this.uncounted) reach = Math.min(reach, i + 1);
        }
      }
    }
    if (!ids) return null;
    for (const id of ids) counts[id] = 0;
    return { ids, reach };
  }
}

/** More than any record holds of one message; of a template only the first three matches count anyway. */
export const CROWD = 12;

export interface Found {
  ids: number[];
  /** How far into the text it is worth to look closer; its length, but for crowded texts. */
  reach: number;
}
