// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editLaunch, readLaunch } from '../../src/launch/index.js';
import type { ArgValue } from '../../src/launch/types.js';

/** Pieces that launches are made of, and pieces that break them. */
const PIECES = [
  'vllm serve m',
  'python -m vllm.entrypoints.openai.api_server',
  'docker run --gpus all',
  'vllm/vllm-openai:v0.9.0',
  '--model m',
  '--max-model-len 8192',
  '--max-model-len=32K',
  '-tp 2',
  '--enforce-eager',
  '--served-model-name a b',
  `'{"image": 2}'`,
  '"{\\"image\\": 1}"',
  '$MODEL',
  '${LEN:-8192}',
  '${A:-${B:-1}}',
  '"${ARGS[@]}"',
  'ARGS=(--a 1)',
  'args+=" --x 1"',
  'export A=1',
  'bash -c "',
  "'",
  '"',
  '\\\n',
  '\\ \n',
  '\n',
  '  ',
  ' # c',
  '`',
  '^\n',
  '%X%',
  '$(',
  ')',
  '{',
  '}',
  'services:\n  v:\n    image: vllm/vllm-openai\n    command:\n',
  '      - --model\n      - m\n',
  '    command: >\n      --model m\n',
  'apiVersion: v1\n',
  'containers:\n- image: vllm\n  args: ["--model", "m"]\n',
  'LLM(model="m", max_model_len=1)',
  'LLM(',
  'dict(',
  '[',
  ']',
  ',',
  'FROM vllm/vllm-openai\n',
  'CMD ["--model", "m"]\n',
  'ENV A=1\n',
  '[Service]\nExecStart=',
  '{"model": "m", "max_model_len": 1}',
  'lm_eval --model vllm --model_args pretrained=m,',
  'actor_rollout_ref.rollout.n=1',
  'non-default args: {',
  'option.model_id=m\n',
  '<<EOF\n',
  'EOF\n',
  '—',
  '“',
  '\t',
  '\r\n',
  '\u0000',
  '🙂',
  ': ',
  '- ',
  '|',
  '&',
  '>',
  '${',
  '*a',
  '&a',
  '{{ x }}',
];
const soup = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6 })), { maxLength: 30 })
  .map(parts => parts.join(' '));
const glued = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6 })), { maxLength: 30 })
  .map(parts => parts.join(''));

describe('any text', () => {
  it('is read without an exception, and written back unchanged when nothing is asked', () => {
    fc.assert(
      fc.property(fc.oneof(soup, glued, fc.string()), text => {
        const launch = readLaunch(text);
        expect(editLaunch(text, []).text).toBe(text);
        if (launch) {
          expect(launch.text).toBe(text);
          const lines = text.split('\n').length;
          for (const problem of launch.problems) {
            expect(problem.line).toBeGreaterThanOrEqual(1);
            expect(problem.line).toBeLessThanOrEqual(lines);
          }
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('is edited without an exception', () => {
    fc.assert(
      fc.property(fc.oneof(soup, glued), text => {
        for (const to of [8, true, { image: 1 }, null])
          editLaunch(text, [
            { where: 'vllm', flag: '--max-num-seqs', to },
            { where: 'env', flag: 'VLLM_USE_V1', to: '1' },
          ]);
        editLaunch(text, [{ where: 'container', flag: '--shm-size', to: '8g' }]);
      }),
      { numRuns: 500 },
    );
  });
});

/** Well-formed launches of many shapes with a hole for arguments. */
type Args = [string, ArgValue][];
const words = (args: Args): string[] =>
  args.flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, typeof value === 'object' ? JSON.stringify(value) : String(value)],
  );
const quoted = (word: string) => (/^[\w.:/-]+$/.test(word) ? word : `'${word}'`);
const python = (value: ArgValue) => (value === true ? 'True' : value === false ? 'False' : JSON.stringify(value));
const snake = (name: string) => name.replaceAll('-', '_');

const CARRIERS: Record<string, (args: Args) => string> = {
  'one line': args => `VLLM_USE_V1=1 vllm serve m ${words(args).map(quoted).join(' ')} > log 2>&1 &\n`,
  'continued lines': args =>
    `vllm serve m \\\n  --port 8000 \\\n${args.map(arg => `  ${words([arg]).map(quoted).join(' ')}`).join(' \\\n')}\n`,
  'docker run': args =>
    `docker run --gpus all \\\n  -p 8000:8000 \\\n  vllm/vllm-openai:v0.9.0 \\\n  --model m ${words(args).map(quoted).join(' ')}\n`,
  'bash -c': args =>
    `docker run img bash -c "vllm serve m ${words(args).map(quoted).join(' ').replaceAll('"', '\\"')}"\n`,
  variables: args =>
    `LEN=1\n${args.map(([, value], i) => `V${i}='${typeof value === 'object' ? JSON.stringify(value) : String(value)}'\n`).join('')}vllm serve m ${args.map(([name, value], i) => (value === true ? `--${name}` : `--${name} "$V${i}"`)).join(' ')}\n`,
  array: args =>
    `ARGS=(\n  --port 8000\n${args.map(arg => `  ${words([arg]).map(quoted).join(' ')}\n`).join('')})\nvllm serve m "\${ARGS[@]}"\n`,
  'compose list': args =>
    `services:\n  v:\n    image: vllm/vllm-openai:v0.9.0\n    command:\n      - --model\n      - m\n${words(args)
      .map(word => `      - '${word}'\n`)
      .join('')}    ipc: host\n`,
  'compose flow': args =>
    `services:\n  v:\n    image: vllm/vllm-openai:v0.9.0\n    command: ${JSON.stringify(['--model', 'm', ...words(args)])}\n`,
  'compose folded': args =>
    `services:\n  v:\n    image: vllm/vllm-openai:v0.9.0\n    command: >\n      --model m\n${args.map(arg => `      ${words([arg]).map(quoted).join(' ')}\n`).join('')}    ipc: host\n`,
  'pod script': args =>
    `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: v\n    image: vllm/vllm-openai\n    command: ["sh", "-c"]\n    args:\n    - |\n      vllm serve m \\\n${args.map(arg => `        ${words([arg]).map(quoted).join(' ')}`).join(' \\\n')}\n`,
  dockerfile: args => `FROM vllm/vllm-openai:v0.9.0\nCMD ${JSON.stringify(['--model', 'm', ...words(args)])}\n`,
  systemd: args =>
    `[Service]\nExecStart=/opt/bin/vllm serve m \\\n${args.map(arg => `  ${words([arg]).map(quoted).join(' ')}`).join(' \\\n')}\nRestart=always\n`,
  python: args =>
    `llm = LLM(\n    model="m",\n${args.map(([name, value]) => `    ${snake(name)}=${python(value)},\n`).join('')})\n`,
  'python line': args =>
    `llm = LLM(model='m', ${args.map(([name, value]) => `${snake(name)}=${python(value)}`).join(', ')})\n`,
  json: args =>
    `${JSON.stringify(Object.fromEntries([['model', 'm'], ['gpu_memory_utilization', 0.9], ...args.map(([name, value]) => [snake(name), value])]), null, 2)}\n`,
  config: args =>
    `model: m\nport: 8000\ngpu-memory-utilization: 0.9\n${args.map(([name, value]) => `${name}: ${typeof value === 'object' ? `'${JSON.stringify(value)}'` : value}\n`).join('')}`,
};

const VALUES: Record<string, fc.Arbitrary<ArgValue>> = {
  'max-model-len': fc.integer({ min: 1, max: 1_000_000 }),
  'max-num-seqs': fc.integer({ min: 1, max: 1024 }),
  dtype: fc.constantFrom('auto', 'half', 'bfloat16'),
  'kv-cache-dtype': fc.constantFrom('fp8', 'fp8_e5m2'),
  'enforce-eager': fc.constant(true as ArgValue),
  'limit-mm-per-prompt': fc.record({ image: fc.integer({ min: 0, max: 9 }), video: fc.integer({ min: 0, max: 9 }) }),
  'compilation-config': fc.record({
    level: fc.integer({ min: 0, max: 3 }),
    backend: fc.constantFrom('inductor', 'eager'),
  }),
};
const argsArbitrary = fc
  .uniqueArray(fc.constantFrom(...Object.keys(VALUES)), { minLength: 1, maxLength: 5 })
  .chain(names => fc.tuple(...names.map(name => VALUES[name]!.map((value): [string, ArgValue] => [name, value]))));
const change = fc
  .constantFrom(...Object.keys(VALUES))
  .chain(name => VALUES[name]!.map((value): [string, ArgValue] => [name, value]));

describe.each(Object.entries(CARRIERS))('%s', (_name, write) => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(argsArbitrary, args => {
        const launch = readLaunch(write(args));
        expect(launch?.model).toBe('m');
        expect(launch?.args).toMatchObject(Object.fromEntries(args));
        expect(launch?.problems).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('reads back as edited, everything else as it was', () => {
    fc.assert(
      fc.property(argsArbitrary, change, (args, [flag, to]) => {
        const text = write(args);
        const before = readLaunch(text)!;
        const { text: edited, notApplied } = editLaunch(text, [{ where: 'vllm', flag: `--${flag}`, to }]);
        expect(notApplied).toEqual([]);
        const after = readLaunch(edited)!;
        expect(after.args).toEqual({ ...before.args, [flag]: to });
        expect({ ...after, args: null, text: null }).toEqual({ ...before, args: null, text: null });
        expect(editLaunch(edited, [{ where: 'vllm', flag, to }]).text).toBe(edited);
      }),
      { numRuns: 60 },
    );
  });

  it('takes an argument out again', () => {
    fc.assert(
      fc.property(argsArbitrary, change, (args, [flag, to]) => {
        fc.pre(!args.some(([present]) => present === flag));
        const text = write(args);
        const added = editLaunch(text, [{ where: 'vllm', flag, to }]).text;
        expect(added).not.toBe(text);
        expect(editLaunch(added, [{ where: 'vllm', flag, to: null }]).text).toBe(text);
      }),
      { numRuns: 40 },
    );
  });
});
