import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLog } from '../../src/log/index.js';
import { CROWD, LiteralScanner } from '../../src/log/match/literals.js';
import { Matcher } from '../../src/log/match/matcher.js';
import { compileTemplate, significant, TemplateError } from '../../src/log/match/template.js';
import { readOomClauses } from '../../src/log/read/oom-clauses.js';
import { phaseOfFrames } from '../../src/log/read/phase-of-frames.js';
import { readSettings } from '../../src/log/read/python-values.js';
import { factsFromFlags, factsFromSettings } from '../../src/log/read/settings-facts.js';
import { lineInJson } from '../../src/log/repair/json-lines.js';
import { LineSplitter } from '../../src/log/repair/split-lines.js';
import { unglue } from '../../src/log/repair/unglue.js';

describe('templates', () => {
  const first = (template: string, text: string) => compileTemplate(template).match(text)[0]?.values;

  it('read sizes in every unit as GiB', () => {
    const size = (text: string) => first('took {x:size}', `took ${text}`)?.x;
    expect(size('1.5 GiB')).toBe(1.5);
    expect(size('1.5GiB')).toBe(1.5);
    expect(size('512.00 MiB')).toBe(0.5);
    expect(size('14737.28 MB')).toBeCloseTo(14.392);
    expect(size('1048576 KiB')).toBe(1);
    expect(size('1073741824 bytes')).toBe(1);
    expect(size('2 TiB')).toBe(2048);
    expect(size('-0.45 GiB')).toBe(-0.45);
    expect(size('12 apples')).toBeUndefined();
  });

  it('read numbers with thousands separators, and never half a number', () => {
    expect(first('size: {n:int} tokens', 'size: 1,375,968 tokens')).toEqual({ n: 1375968 });
    expect(first('size: {n:int}', 'size: 15.63')).toBeUndefined();
    expect(first('util {u:float}', 'util 0.92.')).toEqual({ u: 0.92 });
  });

  it('do not mind blanks, backticks, underscores and case', () => {
    const template = 'Try increasing `gpu_memory_utilization` or decreasing {n:int}';
    for (const text of [
      'Try increasing gpu_memory_utilization or decreasing 5',
      'try  increasing  `gpumemoryutilization`or decreasing 5',
      'TRY INCREASING **gpu\\_memory\\_utilization** or decreasing 5',
    ])
      expect(first(template, text)).toEqual({ n: 5 });
  });

  it('have alternatives that may be empty and may hold holes', () => {
    const template = 'on device <{device:device} |>({free:gib} GiB)< of {total:gib}|>';
    expect(first(template, 'on device cuda:0 (3.5 GiB) of 24')).toEqual({ device: 'cuda:0', free: 3.5, total: 24 });
    expect(first(template, 'on device (3.5 GiB)')).toEqual({ free: 3.5 });
  });

  it('are refused when malformed or without a literal to search', () => {
    for (const template of ['{x:nothing} some literal', 'a < b c d', '{broken literal', '{x:int} ab'])
      expect(() => compileTemplate(template), template).toThrow(TemplateError);
  });

  it('stay fast on text that almost matches', () => {
    const { match } = compileTemplate(
      'CUDA out of memory. Tried to allocate {x:size}. GPU {n:int} has {rest:long} end of it',
    );
    const text = 'CUDA out of memory. Tried to allocate 1.5 GiB. GPU 0 has '.repeat(500);
    expect(match(text)).toEqual([]);
  });
});

describe('LiteralScanner', () => {
  it('finds exactly the literals that stand in the significant text', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.'), minLength: 1, maxLength: 6 }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.string({ unit: fc.constantFrom('a', 'B', 'c', '.', ' ', '_', '`', '漢') }),
        (literals, text) => {
          const found = new LiteralScanner(literals).scan(text)?.ids ?? [];
          const plain = significant(text);
          expect([...found].sort()).toEqual(
            literals
              .map((_, i) => i)
              .filter(i => plain.includes(literals[i]!))
              .sort(),
          );
        },
      ),
    );
  });
});

describe('texts made to be costly', () => {
  it('are looked at no further than where one literal crowds', () => {
    const scanner = new LiteralScanner(['marker', 'oomessage'], 1);
    const crowd = 'OO message, '.repeat(CROWD - 1);
    expect(scanner.scan(crowd)!.reach).toBe(crowd.length);
    expect(scanner.scan(crowd.repeat(50))!.reach).toBe('OO message, '.length * CROWD - ', '.length);
    const marks = 'marker '.repeat(500);
    expect(scanner.scan(marks)!.reach).toBe(marks.length);
    // Counts of one text do not go over into the next.
    expect(scanner.scan(crowd)!.reach).toBe(crowd.length);
  });

  it('a crowded message is found at its beginning', () => {
    const matcher = new Matcher([
      { id: 'oom', class: 'failure', templates: ['Tried to allocate {requestedGiB:size}'], source: 'test' },
    ]);
    const found = matcher.find('Tried to allocate 2.00 GiB. '.repeat(2000));
    expect(found.length).toBeGreaterThan(0);
    for (const { end } of found) expect(end).toBeLessThan(30 * CROWD);
  });

  // Each of these took a step for every pair of characters once: minutes at this length.
  it.each([
    ['a border with a letter at its end', `${'─'.repeat(30_000)}x`],
    ['a box of blanks', `│${' '.repeat(30_000)}x`],
    ['a box of sides', `│${' │'.repeat(15_000)}x`],
    ['brackets in what looks like JSON', `{${']'.repeat(30_000)}}`],
    ['a name without its end', `${'a.'.repeat(15_000)}:`],
  ])('%s is read in one pass', async (_, line) => {
    const reading = await readLog(Array.from({ length: 40 }, (_, i) => `${line}${i}\n`));
    expect(reading.lines).toBe(40);
  });
});

describe("vLLM's printed settings", () => {
  it('are read from a Namespace, a dictionary and a config line', () => {
    const settings = readSettings(
      "host=None, model='acme/X', gpu_memory_utilization=0.9, limit={'image': 1, 'b': [1, 2]}, load_format=<LoadFormat.AUTO: 'auto'>, name=\"it's\", eager=False)",
    );
    expect(Object.fromEntries(settings)).toEqual({
      host: null,
      model: 'acme/X',
      gpu_memory_utilization: 0.9,
      limit: "{'image': 1, 'b': [1, 2]}",
      load_format: 'auto',
      name: "it's",
      eager: false,
    });
    expect(readSettings("{'model': '/x', 'max_model_len': 8192}").get('max_model_len')).toBe(8192);
  });

  it('leave out what was cut off: half a number is no number', () => {
    expect(readSettings('tensor_parallel_size=2, max_seq_len=327').get('max_seq_len')).toBeUndefined();
    expect(readSettings('tensor_parallel_size=2, max_seq_len=327').get('tensor_parallel_size')).toBe(2);
    expect(readSettings("model='acme/X, [...] dtype=torch.bfloat16").get('dtype')).toBeUndefined();
  });

  it('never throw and never hang', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '=', ',', '{', '}', '(', ')', '[', "'", '"', '\\', ' ', '1', ':') }),
        text => void readSettings(text),
      ),
    );
  });

  it('become facts of the right type; None, auto and unknown text state nothing', () => {
    expect(
      Object.fromEntries(
        factsFromSettings(
          "model='m', dtype=torch.float16, max_num_seqs=None, quantization=None, enforce_eager=True, tensor_parallel_size='x', kv_cache_dtype=auto, device_config=cuda",
        ),
      ),
    ).toEqual({
      model: 'm',
      dtype: 'float16',
      enforceEager: true,
      kvCacheDtype: 'auto',
    });
  });

  it('a list of flags states facts, a single flag in prose and a command do not', () => {
    expect(
      Object.fromEntries(factsFromFlags('cmd: ["--max-model-len", "8192", "--gpu-memory-utilization", "0.85"]')),
    ).toEqual({ maxModelLen: 8192, gpuMemoryUtilization: 0.85 });
    expect(factsFromFlags('try --max-model-len 4096 instead')).toEqual([]);
    expect(factsFromFlags('vllm serve m --max-model-len 4096 --max-num-seqs 8')).toEqual([]);
  });
});

describe('who holds the memory', () => {
  const read = (clauses: string, allocated = 20, total = 24) => readOomClauses(clauses, allocated, total);
  it('own process and neighbours', () => {
    expect(
      read(
        'Process 4711 has 3.20 GiB memory in use. Including non-PyTorch memory, this process has 20.40 GiB memory in use.',
      ),
    ).toEqual({ processUsedGiB: 20.4, otherProcessesGiB: 3.2 });
    expect(read('Including non-PyTorch memory, this process has 20.40 GiB memory in use.')).toEqual({
      processUsedGiB: 20.4,
    });
  });
  it('a container sees itself under a foreign number', () => {
    expect(read('Process 1293514 has 20.82 GiB memory in use.')).toEqual({ processUsedGiB: 20.82 });
    expect(
      read(
        'Process 1 has 20.82 GiB memory in use. Process 2 has 1.5 GiB memory in use. Including non-PyTorch memory, this process has 0 bytes memory in use.',
      ),
    ).toEqual({
      processUsedGiB: 20.82,
      otherProcessesGiB: expect.closeTo(1.5),
    });
  });
  it('impossible sizes (WSL) are nobody', () => {
    expect(read('Process 60 has 17179869184.00 GiB memory in use.')).toEqual({});
  });
  it('a neighbour that is smaller than what torch holds', () => {
    expect(read('Process 9 has 2.00 GiB memory in use.')).toEqual({ otherProcessesGiB: 2 });
  });
});

describe('phases of frames', () => {
  const at = (...functions: string[]) =>
    phaseOfFrames(functions.map(name => ({ file: '/x/vllm/v1/worker/a.py', function: name, line: 1 })));
  it('the narrow function decides, not the outer one', () => {
    expect(at('determine_available_memory', 'profile_run', 'execute_model')).toBe('profile');
    expect(at('determine_available_memory', 'profile_cudagraph_memory', 'capture_model')).toBe('profile');
    expect(at('initialize_from_config', 'compile_or_warm_up_model', 'capture_model')).toBe('graph-capture');
    expect(at('compile_or_warm_up_model', '_dummy_sampler_run')).toBe('sampler-warmup');
    expect(at('initialize_from_config', 'initialize_kv_cache')).toBe('kv-cache');
    expect(at('run_busy_loop', 'step', 'execute_model')).toBe('serving');
    expect(at('_init_executor', 'load_model', 'process_weights_after_loading')).toBe('load');
    expect(at('something_else')).toBeNull();
  });
  it('a source line names the call whose frame was cut off', () => {
    expect(phaseOfFrames([{ file: 'x.py', function: 'f', line: 1, code: 'self.driver_worker.init_device()' }])).toBe(
      'device-init',
    );
  });
});

describe('lines', () => {
  const split = (...chunks: string[]) => {
    const lines: [string, number][] = [];
    const splitter = new LineSplitter((text, line) => lines.push([text, line]));
    for (const chunk of chunks) splitter.push(chunk);
    return { lines, count: splitter.end() };
  };
  it('are numbered as the user has them, whatever ends them', () => {
    expect(split('a\r\nb\n\nc')).toEqual({
      lines: [
        ['a', 1],
        ['b', 2],
        ['', 3],
        ['c', 4],
      ],
      count: 4,
    });
    expect(split('10%\r20%\rdone\nnext')).toEqual({
      lines: [
        ['10%', 1],
        ['20%', 1],
        ['done', 1],
        ['next', 2],
      ],
      count: 2,
    });
    expect(split('a', 'b\nc', '', '\n').lines).toEqual([
      ['ab', 1],
      ['c', 2],
    ]);
    expect(split().count).toBe(0);
  });

  it('several on one are taken apart', () => {
    expect(unglue('done.INFO 04-09 05:39:42 [a.py:1] x (EngineCore pid=3) ERROR 04-09 05:39:43 [b.py:2] y')).toEqual([
      'done.',
      'INFO 04-09 05:39:42 [a.py:1] x',
      '(EngineCore pid=3) ERROR 04-09 05:39:43 [b.py:2] y',
    ]);
    expect(
      unglue(
        'Traceback (most recent call last):   File "/x/a.py", line 3, in f     g()   File "/x/b.py", line 4, in g torch.OutOfMemoryError: CUDA out of memory.',
      ),
    ).toEqual([
      'Traceback (most recent call last):',
      '  File "/x/a.py", line 3, in f     g()',
      '  File "/x/b.py", line 4, in g',
      'torch.OutOfMemoryError: CUDA out of memory.',
    ]);
    expect(unglue('error: x\\n  File "/a.py", line 1, in f\\nValueError: y')).toEqual([
      'error: x',
      '  File "/a.py", line 1, in f',
      'ValueError: y',
    ]);
    expect(unglue('C:\\new\\table')).toEqual(['C:\\new\\table']);
  });

  it("come out of a collector's JSON, other JSON stays", () => {
    expect(lineInJson('{"log":"x\\n","stream":"stderr"}')).toBe('x\n');
    expect(lineInJson('{"jsonPayload":{"message":"x"}},')).toBe('x');
    expect(lineInJson('{"image": 1}')).toBeNull();
    expect(lineInJson('{broken')).toBeNull();
  });
});
