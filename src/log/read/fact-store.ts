import type { Fact, FactName, Facts } from '../../facts/types.js';
import { factRules } from './fact-rules.js';

interface Claim {
  value: unknown;
  line: number;
  belief: number;
}

/** Ranks beyond this are no longer told apart (a log of thousands of workers stays bounded). */
const MOST_RANKS = 256;

/** Gathers what the lines of one run claim and settles it by the rules of fact-rules.ts. */
export class FactStore {
  /** Fact -> rank (or '' where none is named) -> the claim that holds there. */
  private readonly claims = new Map<FactName, Map<string, Claim>>();

  add(name: FactName, value: unknown, line: number, belief = 50, rank = ''): void {
    if (typeof value === 'number' && !Number.isFinite(value)) return;
    let ranks = this.claims.get(name);
    if (!ranks) {
      ranks = new Map();
      this.claims.set(name, ranks);
    }
    const rule = factRules[name] ?? 'last';
    const key = rule === 'most' || rule === 'least' ? rank : '';
    const held = ranks.get(key);
    if (held && (held.belief > belief || (held.belief === belief && rule === 'first'))) return;
    // The line that said it first is shown while nobody contradicts.
    if (held && held.value === value && held.belief === belief) return;
    if (held || ranks.size < MOST_RANKS) ranks.set(key, { value, line, belief });
  }

  has(name: FactName): boolean {
    return this.claims.has(name);
  }

  value(name: FactName): unknown {
    return this.settle(name)?.value;
  }

  facts(): Facts {
    const facts: Record<string, Fact<unknown>> = {};
    for (const name of this.claims.keys()) {
      const fact = this.settle(name);
      if (fact) facts[name] = fact;
    }
    return facts as Facts;
  }

  private settle(name: FactName): Fact<unknown> | null {
    const ranks = this.claims.get(name);
    if (!ranks?.size) return null;
    const rule = factRules[name] ?? 'last';
    const highest = Math.max(...[...ranks.values()].map(claim => claim.belief));
    const entries = [...ranks].filter(([, claim]) => claim.belief === highest);
    const decide = entries.reduce((best, entry) => {
      const [a, b] = [best[1].value as number, entry[1].value as number];
      return (rule === 'most' && b > a) || (rule === 'least' && b < a) ? entry : best;
    });
    const differ = entries.filter(([rank]) => rank).some(([, claim]) => claim.value !== decide[1].value);
    return {
      value: decide[1].value,
      from: 'log',
      line: decide[1].line,
      ...(differ && {
        perRank: Object.fromEntries(entries.filter(([rank]) => rank).map(([rank, claim]) => [rank, claim.value])),
      }),
    };
  }
}
