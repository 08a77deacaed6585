import { describe, expect, it } from 'vitest';
import { causes } from '../../src/knowledge/causes.js';
import { answerTo, told } from './support.js';

/** What stands below the root cause in every failed start. */
const ENVELOPE = [
  '(EngineCore_DP0 pid=7) ERROR 10-20 10:02:00 [core.py:708] EngineCore failed to start.',
  '(APIServer pid=1) Traceback (most recent call last):',
  '(APIServer pid=1)   File "/opt/venv/lib/python3.12/site-packages/vllm/entrypoints/openai/api_server.py", line 180, in build_async_engine_client_from_engine_args',
  '(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
  '/usr/lib/python3.12/multiprocessing/resource_tracker.py:279: UserWarning: resource_tracker: There appear to be 1 leaked shared_memory objects to clean up at shutdown',
];

const cases = causes().flatMap(cause =>
  cause.examples.map(({ name, log }) => ({ id: cause.id, name, log: log.trimEnd() })),
);

describe.each(cases)('$id: $name', ({ id, log }) => {
  const lines = log.split('\n');
  const body = log.startsWith('$') ? 1 : 0;

  it('with Windows line ends', async () => {
    expect(told(await answerTo(lines.join('\r\n')))).toBe(id);
  });

  it('with every line doubled', async () => {
    const doubled = lines.flatMap((line, i) => (i < body ? [line] : [line, line]));
    expect(told(await answerTo(doubled.join('\n')))).toBe(id);
  });

  it('with a blank line after each line', async () => {
    expect(told(await answerTo(lines.join('\n\n')))).toBe(id);
  });

  it('behind a docker compose prefix', async () => {
    const prefixed = lines.map((line, i) => (i < body ? line : `vllm-1  | ${line}`));
    expect(told(await answerTo(prefixed.join('\n')))).toBe(id);
  });

  it('quoted', async () => {
    const quoted = lines.map((line, i) => (i < body ? line : `> ${line}`));
    expect(told(await answerTo(quoted.join('\n')))).toBe(id);
  });

  it('cut anywhere in the envelope below it', async () => {
    for (let cut = 0; cut <= ENVELOPE.length; cut++) {
      expect(told(await answerTo([...lines, ...ENVELOPE.slice(0, cut)].join('\n'))), `cut at ${cut}`).toBe(id);
    }
  });
});
