import type { Resolved } from '../args/members.js';
import { type Literal, parseLiteral } from '../text/literal.js';

/** Conversions that do not change what a value stands for. */
const CONVERSIONS = /^(?:int|float|str|bool|Path|pathlib\.Path|json\.dumps|os\.path\.expanduser)$/;
const ENVIRONMENT = /^(?:os\.)?(?:environ\.get|getenv)$/;
const MAX_STEPS = 8;

/** Names assigned in a Python text, and what they and simple expressions on them stand for. */
export class Names {
  /** name -> offsets of the values assigned to it, in the order of the text. */
  private readonly assignments = new Map<string, number[]>();

  constructor(readonly text: string) {
    const pattern = /(?:^|\n)[ \t]{0,80}([A-Za-z_]\w{0,80})[ \t]{0,20}(?::[^=\n#]{1,80})?=(?!=)[ \t]{0,20}/g;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const list = this.assignments.get(match[1]!) ?? [];
      list.push(match.index + match[0].length);
      this.assignments.set(match[1]!, list);
      // The next line may begin with the line break that ends this one.
      pattern.lastIndex = Math.max(match.index + 1, pattern.lastIndex - 1);
    }
  }

  /** The literal last assigned to a name before `before` (or at all). */
  lookUp(name: string, before = this.text.length): Literal | null {
    const offsets = this.assignments.get(name);
    if (!offsets?.length) return null;
    return parseLiteral(this.text, offsets.findLast(offset => offset < before) ?? offsets[0]!);
  }

  /** Every assigned value, in order. */
  *values(): Generator<{ name: string; literal: Literal }> {
    for (const [name, offsets] of this.assignments)
      for (const offset of offsets) {
        const literal = parseLiteral(this.text, offset);
        if (literal) yield { name, literal };
      }
  }

  /** Follows names, conversions and defaults of environment variables to the literal that is written in the text. */
  readonly resolve = (literal: Literal): Resolved => this.follow(literal, 0);

  private follow(literal: Literal, steps: number): Resolved {
    const unknown = (name: string): Resolved => ({ literal, unresolved: name });
    if (steps > MAX_STEPS) return unknown(this.source(literal));
    if (literal.kind === 'name') {
      if (/^torch\.\w+$/.test(literal.name)) return { literal, unresolved: null };
      const value = this.lookUp(literal.name, literal.start);
      if (!value) return unknown(literal.name);
      const resolved = this.follow(value, steps + 1);
      return resolved.unresolved === null ? resolved : unknown(literal.name);
    }
    if (literal.kind === 'call') {
      if (literal.name === 'dict') return { literal, unresolved: null };
      const [first, second] = literal.args;
      if (CONVERSIONS.test(literal.name) && first) return this.follow(first, steps + 1);
      if (ENVIRONMENT.test(literal.name) && second) return this.follow(second, steps + 1);
      if (ENVIRONMENT.test(literal.name) && first?.kind === 'string') return unknown(first.value);
      return unknown(this.source(literal));
    }
    if (literal.kind === 'expression') return unknown(this.source(literal));
    return { literal, unresolved: null };
  }

  private source(literal: Literal): string {
    return this.text.slice(literal.start, literal.end);
  }
}
