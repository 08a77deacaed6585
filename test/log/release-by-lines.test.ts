import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { definedAt, loggedAt, READ_RELEASES } from '../../src/knowledge/source-lines.js';
import { readLog } from '../../src/log/index.js';

const factsOf = async (log: string) => (await readLog([log])).runs[0]!.facts;

/** Index of a release in the line tables. */
const at = (release: string) => READ_RELEASES.indexOf(release);

describe('the release of a log that does not name it', () => {
  it('is known by the line that printed a message, told with the line of the log', async () => {
    const { vllmVersion, engine } = await factsOf(
      'starting\n(EngineCore_DP0 pid=7) ERROR 10-20 10:00:00 [core.py:708] EngineCore failed to start.\n',
    );
    expect(vllmVersion).toEqual({ value: '0.11.0', from: 'log', line: 2, by: 'source-lines' });
    expect(engine?.value).toBe('V1');
  });

  it('is known by an error line that repeats in front of a traceback, in the old way of writing too', async () => {
    const { vllmVersion } = await factsOf(
      'ERROR 05-08 14:46:12 core.py:396] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 270.00 MiB.\n',
    );
    expect(vllmVersion?.value).toBe('0.8.5');
  });

  it('is known by the frames of a traceback', async () => {
    /** The line of a function that the fewest releases share with 0.7.3. */
    const line = (path: string, name: string) =>
      Array.from({ length: 3000 }, (_, n) => n)
        .filter(n => definedAt(path, name, n)!.has(at('0.7.3')))
        .toSorted((a, b) => definedAt(path, name, a)!.size - definedAt(path, name, b)!.size)[0];
    const frames = [
      ['engine/llm_engine.py', 'from_engine_args'],
      ['engine/llm_engine.py', '_initialize_kv_caches'],
      ['worker/model_runner.py', 'profile_run'],
      ['worker/worker.py', 'determine_num_available_blocks'],
    ] as const;
    const { vllmVersion } = await factsOf(
      [
        'Traceback (most recent call last):',
        ...frames.map(([path, name]) => `  File "/opt/venv/vllm/${path}", line ${line(path, name)}, in ${name}`),
        'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
        '',
      ].join('\n'),
    );
    expect(vllmVersion?.value).toBe('0.7.3');
  });

  it('is what the text states, where it states one', async () => {
    const { vllmVersion } = await factsOf(
      'INFO 10-20 10:00:00 [core.py:77] Initializing a V1 LLM engine (v0.10.2) with config: model=x\n' +
        'ERROR 10-20 10:00:00 [core.py:708] EngineCore failed to start.\n',
    );
    expect(vllmVersion).toMatchObject({ value: '0.10.2' });
    expect(vllmVersion?.by).toBeUndefined();
  });

  it('stays unknown where no release prints this there: a development build, a fork', async () => {
    expect((await factsOf('ERROR 10-20 10:00:00 [core.py:709] EngineCore failed to start.\n')).vllmVersion).toBe(
      undefined,
    );
    const other = 'INFO 10-20 10:00:00 [core.py:708] Something that vLLM never says there\n';
    expect((await factsOf(other)).vllmVersion).toBeUndefined();
  });

  it('stays unknown where signs contradict each other', async () => {
    const lines = ['core.py:708', 'core.py:396'].map(
      place => `ERROR 10-20 10:00:00 [${place}] EngineCore failed to start.\n`,
    );
    const { vllmVersion, vllmReleases } = await factsOf(lines.join(''));
    expect(vllmVersion).toBeUndefined();
    expect(vllmReleases).toBeUndefined();
  });

  it('is one of several where several print this there', async () => {
    const text = 'GPU KV cache size: 1,000 tokens';
    const place = Array.from({ length: 3000 }, (_, n) => n).find(n => {
      const found = loggedAt('kv_cache_utils.py', n, [text])!.text;
      return found.has(at('0.27.0')) && found.has(at('0.27.1'));
    });
    const { vllmVersion, vllmReleases } = await factsOf(`INFO 10-20 10:00:00 [kv_cache_utils.py:${place}] ${text}\n`);
    expect(vllmVersion).toBeUndefined();
    expect(vllmReleases?.value).toContain('0.27.0');
    expect(vllmReleases?.value).toContain('0.27.1');
  });

  it('says nothing about files that are not of vLLM, and never throws', async () => {
    expect(loggedAt('toString', 3, [])).toBeNull();
    expect(definedAt('constructor', 'constructor', 3)).toBeNull();
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            file: fc.constantFrom('core.py', 'gpu_worker.py', 'utils.py', '__init__.py', 'nobody.py'),
            line: fc.integer({ min: 0, max: 999999 }),
            text: fc.string({ maxLength: 60 }),
          }),
          { maxLength: 30 },
        ),
        async parts => {
          const log = parts.map(({ file, line, text }) => `INFO 10-20 10:00:00 [${file}:${line}] ${text}\n`).join('');
          await readLog([log]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
