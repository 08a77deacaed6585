import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { claims } from '../../src/knowledge/claims.js';
import type { Condition } from '../../src/knowledge/conditions.js';
import { parseExpression } from '../../src/knowledge/expression.js';
import { readFix } from '../../src/knowledge/fix-schema.js';
import { fixes } from '../../src/knowledge/fixes.js';
import { SIGNAL_NAMES } from '../../src/plan/signals.js';
import { STRATEGIES } from '../../src/plan/values/index.js';

const all = [...fixes().values()];

/** The ids that scripts rely on. */
const IDS = `add-host-ram attention-backend bigger-gpu choose-gpu cpu-kv-space cpu-offload disable-expandable-segments
disable-mm-cache disable-prompt-logprobs downgrade-vllm drop-speculative empty-torch-cache enforce-eager enlarge-shm
expandable-segments fewer-cudagraph-sizes fix-dtype fix-launch-command free-gpu kv-cache-fp8 kv-cache-memory-bytes
language-model-only limit-lora limit-mm-per-prompt limit-mm-pixels lower-gpu-memory-utilization lower-host-ram-use
lower-max-model-len lower-max-num-batched-tokens lower-max-num-seqs lower-request-size lower-swap-space moe-backend
no-cudagraph-estimate none-needed pipeline-parallel pp-layer-partition raise-gpu-memory-utilization raise-swap-space
restart-process skip-mm-profiling sleep-mode stagger-start tensor-parallel uma-memory-split update-driver upgrade-vllm
use-quantized-weights use-v0-engine`.split(/\s+/);

/** Names of facts, from their declaration, and of figures, from where they are worked out. */
const declared = (file: string, pattern: RegExp) =>
  [...readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8').matchAll(pattern)].map(match => match[1]!);
const KNOWN = new Set<string>([
  ...declared('facts/types.ts', /^ {2}(\w+)\??: /gm),
  ...declared('diagnosis/figures.ts', /(?:derive|put)\(\s*'(\w+)'/g),
  ...SIGNAL_NAMES,
]);

const namesIn = (condition: Condition): string[] => {
  if ('fact' in condition) return [condition.fact];
  if ('calc' in condition) return parseExpression(condition.calc).names;
  if ('all' in condition) return condition.all.flatMap(namesIn);
  if ('any' in condition) return condition.any.flatMap(namesIn);
  if ('unless' in condition) return namesIn(condition.unless);
  return [];
};

const conditionsOf = (fix: (typeof all)[number]): Condition[] =>
  [
    ...fix.helps,
    ...fix.limits,
    ...fix.changes,
    ...fix.targets,
    ...fix.notes,
    ...(fix.tried ? [fix.tried] : []),
  ].flatMap(entry => entry.when ?? []);

describe('knowledge/fixes', () => {
  it('has an entry for every id, and no other', () => {
    expect(all.map(fix => fix.id).sort()).toEqual([...IDS].sort());
  });

  it.each(all.map(fix => [fix.id, fix] as const))(
    '%s names only strategies, facts and fixes that exist',
    (_id, fix) => {
      for (const change of fix.changes) if (change.value) expect(Object.keys(STRATEGIES)).toContain(change.value);
      for (const name of conditionsOf(fix).flatMap(namesIn)) expect(KNOWN, name).toContain(name);
      for (const other of fix.together) expect(IDS).toContain(other);
    },
  );

  it.each(all.map(fix => [fix.id, fix] as const))('%s fills only figures that exist into its texts', (_id, fix) => {
    const texts = [
      fix.explanation,
      ...fix.limits.map(limit => limit.why),
      ...fix.notes.map(note => note.text),
      ...fix.helps.flatMap(help => help.why ?? []),
    ];
    for (const text of texts)
      for (const [, name] of `${text.en} ${text.zh}`.matchAll(/\{(\w+)\}/g)) expect(KNOWN, name!).toContain(name);
  });

  it('writes Chinese in Chinese', () => {
    for (const fix of all)
      for (const text of [
        fix.title,
        fix.explanation,
        fix.price,
        fix.check,
        ...fix.steps,
        ...fix.limits.map(l => l.why),
        ...fix.notes.map(note => note.text),
      ])
        expect(text.zh, fix.id).toMatch(/[\u4E00-\u9FFF]/);
  });

  it('tells the file and the entry of what is wrong', () => {
    const { fix, problems } = readFix('fixes/broken.yaml', { id: 'broken', helps: [{ cause: 'x', weight: 2 }] });
    expect(fix).toBeNull();
    expect(problems.every(problem => problem.file === 'fixes/broken.yaml')).toBe(true);
    expect(problems.map(problem => problem.path.join('.'))).toEqual(
      expect.arrayContaining(['title', 'helps.0.weight', 'sources']),
    );
  });

  it('refuses a file whose name is not its id', () => {
    const { fix, problems } = readFix('fixes/other.yaml', structuredClone(all[0]));
    expect(fix).toBeNull();
    expect(problems[0]!.message).toContain('other');
  });
});

describe('knowledge/claims', () => {
  it('asks only for facts that exist, in both languages, with sources', () => {
    expect(new Set(claims().map(claim => claim.id)).size).toBe(claims().length);
    for (const claim of claims()) {
      expect(IDS).not.toContain(claim.id);
      for (const { when, why } of claim.reasons) {
        for (const name of namesIn(when)) expect(KNOWN, `${claim.id}: ${name}`).toContain(name);
        expect(why.zh).toMatch(/[\u4E00-\u9FFF]/);
      }
      expect(claim.sources.length).toBeGreaterThan(0);
    }
  });
});
