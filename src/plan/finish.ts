import { fill, type Text } from '../common/text.js';
import { thousands } from '../common/units.js';
import { applyFixes } from './apply.js';
import type { Draft } from './propose.js';
import type { Situation } from './situation.js';
import { savedBy, tokensMoved } from './solver.js';
import type { FixChange, ProposedFix } from './types.js';

const written = (value: unknown) =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);

/** A change that the user's text does not carry, as a step; null where the fix's own steps say it. */
const stepFor = ({ where, flag, to }: Pick<FixChange, 'where' | 'flag' | 'to'>): Text | null => {
  const value = written(to);
  if (to === null) return where === 'vllm' ? { en: `Leave out ${flag}`, zh: `去掉 ${flag}` } : null;
  if (where === 'vllm') return { en: `Set ${flag} ${value}`, zh: `设置 ${flag} ${value}` };
  if (where === 'env') return { en: `Set ${flag}=${value}`, zh: `设置 ${flag}=${value}` };
  if (flag === 'vllm')
    return {
      en: `Install vLLM ${value}: pip install vllm==${value}`,
      zh: `安装 vLLM ${value}:pip install vllm==${value}`,
    };
  return null;
};

const figures = (s: Situation): Record<string, number> =>
  Object.fromEntries([...s.at.figures].map(([name, value]) => [name, Math.round(value * 100) / 100]));

const sentences = (texts: Text[]): Text => ({
  en: texts.map(({ en }) => `${en.charAt(0).toUpperCase()}${en.slice(1)}`.replace(/[.;]?$/, '.')).join(' '),
  zh: texts.map(({ zh }) => zh.replace(/[。;]?$/, '。')).join(''),
});

const cacheSentence = ({ before, after }: { before: number; after: number }): Text => {
  const [from, to] = [before, after].map(thousands);
  return { en: `KV cache: about ${from} → ${to} tokens`, zh: `KV 缓存：约 ${from} → ${to} 个 token` };
};

/** The strategy's own figure, else the budget's, else (only where the budget cannot tell) a rough one. */
const savingOf = ({ candidate, changes, values }: Draft, s: Situation): ProposedFix['savesGiB'] => {
  const own = values.find(value => value.saves)?.saves;
  if (own) return own;
  const computed = savedBy(s, changes, candidate.cause.id);
  return computed === undefined ? (values.find(value => value.roughly)?.roughly ?? null) : computed;
};

/** A draft with what it saves, the changed text and its steps. */
export const finish = (draft: Draft, s: Situation): ProposedFix => {
  const { candidate, changes, values } = draft;
  const { fix } = candidate;
  const applied = s.launch ? applyFixes(s.launch.text, [{ changes }]) : null;
  const outside = changes.filter(({ where, flag }) =>
    applied === null
      ? true
      : applied.notApplied.some(one => one.where === where && one.flag === flag) || where === 'host',
  );
  const tokens = tokensMoved(s, changes);
  const bases = [...values.flatMap(value => value.basis ?? []), ...(tokens ? [cacheSentence(tokens)] : [])];
  return {
    id: fix.id,
    title: fix.title,
    savesGiB: savingOf(draft, s),
    costs: fix.price,
    changes,
    command: applied?.command ?? null,
    diff: applied?.diff ?? null,
    validFor: s.release,
    clearedBy: draft.clearedBy,
    sufficient: draft.sufficient,
    steps: [...outside.flatMap(change => stepFor(change) ?? []), ...fix.steps],
    why: fill(sentences([candidate.why ?? fix.explanation, ...bases]), figures(s)),
    check: fix.check,
    assumed: values.some(value => value.assumed === true),
    harm: fix.harm,
    threads: fix.threads,
  };
};
