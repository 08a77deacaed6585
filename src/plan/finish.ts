import { fill, type Text } from '../common/text.js';
import { thousands } from '../common/units.js';
import type { Fix } from '../knowledge/fixes.js';
import { applyFixes } from './apply.js';
import type { Draft } from './propose.js';
import { holds, type Situation } from './situation.js';
import { tokensMoved } from './solver.js';
import type { FixChange, ProposedFix } from './types.js';
import { writtenChange } from './written.js';

/** A change that the user's text does not carry, as a step; null where the fix's own steps say it. */
const stepFor = ({ where, flag, to }: Pick<FixChange, 'where' | 'flag' | 'to'>): Text | null => {
  if (where === 'vllm' && to === null) return { en: `Leave out ${flag}`, zh: `去掉 ${flag}` };
  if (to === null) return null;
  const text = writtenChange({ where, flag, to });
  if (where === 'vllm' && to === true) return { en: `Add ${text}`, zh: `加上 ${text}` };
  if (where === 'vllm') return { en: `Set ${text}`, zh: `设置 ${text}` };
  if (where === 'env') return { en: `Set ${text}`, zh: `设置 ${text}` };
  if (flag === 'vllm')
    return {
      en: `Install vLLM ${to}: pip install vllm==${to}`,
      zh: `安装 vLLM ${to}：pip install vllm==${to}`,
    };
  return null;
};

const figures = (s: Situation): Record<string, number> =>
  Object.fromEntries([...s.at.figures].map(([name, value]) => [name, Math.round(value * 100) / 100]));

/** A first word that is a name (vLLM, max_num_seqs, --flag) keeps its letters. */
const capitalised = (text: string): string =>
  /^[a-z][a-z'’]{0,30}(?![\w-])/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;

const sentences = (texts: Text[]): Text => ({
  en: texts.map(({ en }) => capitalised(en).replace(/[.;]?$/, '.')).join(' '),
  zh: texts.map(({ zh }) => zh.replace(/[。;]?$/, '。')).join(''),
});

const cacheSentence = ({ before, after }: { before: number; after: number }): Text => {
  const [from, to] = [before, after].map(thousands);
  return { en: `KV cache: about ${from} → ${to} tokens`, zh: `KV 缓存：约 ${from} → ${to} 个 token` };
};

/** What the fix says only of cases such as this. */
const notesOf = (fix: Fix, s: Situation): Text[] => fix.notes.flatMap(note => (holds(note.when, s) ? [note.text] : []));

/** Counts of known threads help to decide only where one side clearly outweighs the other. */
const isTelling = ({ helped, vain, worse }: Fix['threads']): boolean => {
  const [good, bad] = [helped ?? 0, (vain ?? 0) + (worse ?? 0)];
  return helped !== null && good + bad >= 3 && (good >= 2 * bad || bad >= 2 * good);
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
    savesGiB: draft.savesGiB,
    costs: fix.price,
    changes,
    command: applied?.command ?? null,
    diff: applied?.diff ?? null,
    validFor: s.release,
    clearedBy: draft.clearedBy,
    sufficient: draft.sufficient,
    steps: [...outside.flatMap(change => stepFor(change) ?? []), ...fix.steps],
    why: fill(sentences([candidate.why ?? fix.explanation, ...notesOf(fix, s), ...bases]), figures(s)),
    check: fix.check,
    assumed: values.some(value => value.assumed === true),
    harm: fix.harm,
    threads: isTelling(fix.threads) ? fix.threads : undefined,
  };
};
