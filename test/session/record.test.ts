import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../src/common/mask.js';
import {
  type Attempt,
  attemptFrom,
  lastingFacts,
  maskedNames,
  newRecord,
  newRound,
  reachedStep,
  type SessionRecord,
  STEPS,
  stepOf,
  withAttempt,
} from '../../src/session/record.js';
import { parseRecord } from '../../src/session/record-schema.js';
import { answerOf } from '../../src/session/round-answer.js';

const empty = () => newRecord('20261121-0203-k3f9', new Date('2026-11-21T02:03:04Z'));
const reading = { lines: 3, bytes: 40, isVllm: true, program: null, runs: [], judged: -1, excerpts: [] };
const inRound = (over: object): SessionRecord => ({
  ...empty(),
  rounds: [{ ...newRound('crash.log', reading, null), ...over }],
});
const attempt = (outcome: Attempt['outcome']): Attempt => ({
  via: 'local',
  command: 'vllm serve m --max-num-seqs 64',
  simulated: true,
  startedAt: '2026-11-21T02:05:00Z',
  outcome,
  reason: '',
  startupMs: null,
  phases: [],
  peakGiB: null,
  request: null,
  leftBehind: [],
  load: null,
  why: null,
  tail: [],
  reading,
});
const chosen = { factsSeen: true, diagnosisSeen: true, fixesChosen: true };

describe('what a saved command lacks', () => {
  it.each([
    ['HF_TOKEN=*** vllm serve m', ['HF_TOKEN']],
    ['docker run -e HF_TOKEN=*** -e "API_KEY=***" image --api-key ***', ['HF_TOKEN', 'API_KEY', '--api-key']],
    ['environment:\n  HF_TOKEN: "***"\n  - VLLM_API_KEY=***\n', ['HF_TOKEN', 'VLLM_API_KEY']],
    ['HTTPS_PROXY=http://me:***@proxy vllm serve m --api-key=***', ['HTTPS_PROXY', '--api-key']],
    ['vllm serve m --max-num-seqs 8', []],
  ])('is named in %j', (command, names) => {
    expect(maskedNames(command)).toEqual(names);
  });

  it('is named for everything that the mask hides', () => {
    const secret = 'HF_TOKEN=hf_abcdefghijklmnop vllm serve m --api-key sk-abcdefghijklmnopqrstu';
    expect(maskedNames(maskSecrets(secret))).toEqual(['HF_TOKEN', '--api-key']);
  });
});

describe('the step to show', () => {
  it('is the first that is not complete', () => {
    expect(stepOf(empty())).toBe('log');
    expect(stepOf(inRound({}))).toBe('facts');
    expect(stepOf(inRound({ factsSeen: true }))).toBe('diagnosis');
    expect(stepOf(inRound({ factsSeen: true, diagnosisSeen: true }))).toBe('fixes');
    expect(stepOf(inRound(chosen))).toBe('retest');
    expect(stepOf(inRound({ ...chosen, attempt: attempt('stopped') }))).toBe('retest');
    expect(stepOf(inRound({ ...chosen, attempt: attempt('proven') }))).toBe('result');
    expect(stepOf({ ...inRound(chosen), retestSkipped: true })).toBe('result');
  });

  it('is where the user went back to, but never beyond what is reached', () => {
    for (const position of STEPS) {
      const record = { ...inRound({ factsSeen: true }), position };
      const back = STEPS.indexOf(position) < STEPS.indexOf('diagnosis');
      expect(stepOf(record)).toBe(back ? position : 'diagnosis');
    }
  });
});

describe('an attempt', () => {
  it('that failed opens a round with its own log and command, at the diagnosis', () => {
    const after = withAttempt(inRound(chosen), attempt('failed'));
    expect(after.rounds).toHaveLength(2);
    expect(after.rounds[0]!.attempt!.outcome).toBe('failed');
    expect(after.rounds[1]!.command).toBe('vllm serve m --max-num-seqs 64');
    expect(reachedStep(after)).toBe('diagnosis');
  });

  it.each(['stopped', 'not-started'] as const)('that was %s opens none', outcome => {
    const after = withAttempt(inRound(chosen), attempt(outcome));
    expect(after.rounds).toHaveLength(1);
    expect(reachedStep(after)).toBe('retest');
  });

  it('keeps phases, peak, request and the tail of its output', () => {
    const kept = attemptFrom(
      { via: 'local', command: 'c', simulated: false },
      new Date('2026-11-21T02:05:00Z'),
      {
        outcome: 'proven',
        reason: 'answered',
        startupMs: 4000,
        log: `${Array.from({ length: 100 }, (_, i) => `line ${i}`).join('\n')}\n`,
        events: [
          { type: 'started', atMs: 0, pid: 7 },
          { type: 'phase', atMs: 10, phase: 'load' },
          { type: 'memory', atMs: 20, gpus: [{ index: 0, usedGiB: 3, totalGiB: 80 }] },
          { type: 'memory', atMs: 30, gpus: [{ index: 0, usedGiB: 70, totalGiB: 80 }] },
          { type: 'memory', atMs: 40, gpus: [{ index: 0, usedGiB: 69, totalGiB: 80 }] },
          { type: 'request', atMs: 50, ok: true, status: 200, detail: '' },
          {
            type: 'stopped',
            atMs: 60,
            exitCode: 0,
            signal: null,
            leftBehind: ['4711'],
            unchecked: [{ what: { en: 'containers', zh: '容器' }, look: 'docker ps' }],
          },
        ],
      },
      null,
    );
    expect(kept.peakGiB).toBe(70);
    expect(kept.phases).toEqual([{ phase: 'load', atMs: 10 }]);
    expect(kept.request?.status).toBe(200);
    expect(kept.leftBehind).toEqual(['4711']);
    expect(kept.unchecked).toEqual([{ what: { en: 'containers', zh: '容器' }, look: 'docker ps' }]);
    expect(kept.tail.at(-1)).toBe('line 99');
    expect(kept.tail.length).toBeLessThan(100);
  });
});

it('believes of an earlier round what a new command does not change, and nothing else', () => {
  const kept = lastingFacts({
    gpuName: { value: 'A100', from: 'log' },
    maxNumSeqs: { value: 256, from: 'user' },
    kvCacheGiB: { value: 3, from: 'log' },
  });
  expect(Object.keys(kept)).toEqual(['gpuName']);
});

it('answers with the corrections of the user over everything else, the probe only when it is the same machine', () => {
  const record = inRound({});
  record.userFacts = { vllmVersion: { value: '0.8.3', from: 'user' } };
  record.probeFacts = { gpuName: { value: 'A100', from: 'probe' } };
  expect(answerOf(record)!.facts).toMatchObject({ vllmVersion: { value: '0.8.3', from: 'user' } });
  expect(answerOf(record)!.facts.gpuName).toBeUndefined();
  expect(answerOf({ ...record, sameMachine: true })!.facts.gpuName!.value).toBe('A100');
  expect(answerOf(empty())).toBeNull();
});

describe('parseRecord', () => {
  it('gives back what was written', () => {
    const record = withAttempt(inRound(chosen), attempt('failed'));
    expect(parseRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it.each([null, 'x', {}, { schemaVersion: 2 }, { ...empty(), rounds: [{}] }, { ...empty(), position: 'nowhere' }])(
    'refuses what is none: %j',
    json => {
      expect(parseRecord(json)).toBeNull();
    },
  );
});
