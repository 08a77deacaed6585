import { describe, expect, it } from 'vitest';
import { readLog } from '../../src/log/index.js';
import { isWithin, releaseSpan } from '../../src/plan/release-span.js';
import { factsOf, planOf } from './build.js';

const spanOf = async (log: string, facts = {}) => releaseSpan(factsOf(facts), await readLog([`${log}\n`]));

describe('the releases that a log can come from', () => {
  it('follow from the names of its processes', async () => {
    const span = await spanOf('(VllmWorker rank=1 pid=106) Model loading took 14.2474 GiB and 55.868858 seconds');
    expect(span!.to).toBe('0.10.1.1');
  });

  it('and from what only some releases print', async () => {
    const span = await spanOf(
      '(EngineCore_DP0 pid=77) ValueError: Free memory on device (6.77/7.96 GiB) on startup is less than desired GPU memory utilization (0.9, 7.16 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.',
    );
    expect(span!.from).toBe('0.10.2');
  });

  it('are not asked for where the version is known', async () => {
    expect(await spanOf('INFO x', { vllmVersion: '0.8.3' })).toBeNull();
  });

  it('are unknown where nothing tells', async () => {
    expect(await spanOf('something else')).toBeNull();
  });
});

describe('isWithin', () => {
  const span = { from: '0.8.3', to: '0.10.1.1' };
  it.each([
    ['0.8.0', '0.10.2', true],
    ['0.11.0', undefined, false],
    [undefined, '0.7.3', false],
    ['0.9.0', '0.10.2', null],
  ])('%s to %s: %s', (from, to, expected) => {
    expect(isWithin(undefined, span, from, to)).toBe(expected);
  });
  it('a known version decides alone', () => {
    expect(isWithin('0.12.0', span, '0.8.0', '0.10.2')).toBe(false);
  });
});

describe('with the version unknown', () => {
  it('V0 is offered nothing that came after it', () => {
    const graphs = planOf({ causes: ['cuda-graph-memory'], phase: 'graph-capture', facts: { engine: 'V0' } });
    expect(graphs.fixes.flatMap(fix => fix.changes.map(change => change.flag))).not.toContain(
      '--max-cudagraph-capture-size',
    );
  });
});
