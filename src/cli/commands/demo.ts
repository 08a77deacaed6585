import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lang, say } from '../../common/text.js';
import type { Command } from '../command.js';
import { DEMO_CASES, prepareDemo } from '../demo-machine.js';
import { EXIT } from '../exit-codes.js';
import { COMMON_OPTIONS, langOf, parseOptions } from '../options.js';

const run = async (argv: string[]): Promise<number> => {
  const { values, positionals } = parseOptions({
    args: argv,
    allowPositionals: true,
    options: { ...COMMON_OPTIONS, plain: { type: 'boolean' } },
  });
  const lang = langOf(values.lang);
  const machine = await prepareDemo(positionals[0]);
  const folder = mkdtempSync(join(tmpdir(), 'vllm-oom-doctor-demo-'));
  const log = join(folder, 'crash.log');
  writeFileSync(log, machine.log);
  Object.assign(process.env, machine.env);
  try {
    const options = ['--lang', lang, ...(values.plain ? ['--plain'] : [])];
    if (process.stdout.isTTY) {
      const code = await (await import('./wizard.js')).runWizard([log, ...options], machine.name);
      // What was diagnosed is no failure of the demo.
      return code < EXIT.usage ? EXIT.ok : code;
    }
    // Nobody to ask: the same way from the log to the re-test, as text.
    process.stdout.write(`${say(machine.title, lang)}\n\n`);
    await (await import('./diagnose.js')).command.run([log, '--lang', lang]);
    process.stdout.write('\n');
    const retest = (await import('./retest.js')).command;
    return await retest.run(['--auto', '--log', log, '--lang', lang, '--', machine.command]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    machine.dispose();
  }
};

const cases = (lang: Lang): string =>
  Object.entries(DEMO_CASES)
    .map(([name, { title }]) => `  ${name.padEnd(10)} ${say(title, lang)}`)
    .join('\n');

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor demo [${Object.keys(DEMO_CASES).join('|')}]   the whole wizard against a simulated GPU and a simulated vLLM

Examples
  vllm-oom-doctor demo
  vllm-oom-doctor demo kv
  vllm-oom-doctor demo | cat        the same as text, without questions

Cases
${cases('en')}

Needs no GPU, no vLLM and no network. Everything that it shows is simulated, and says so.

Options
  --lang en|zh-CN   --plain`,
    zh: `
vllm-oom-doctor demo [${Object.keys(DEMO_CASES).join('|')}]   在模拟的 GPU 和模拟的 vLLM 上走完整个向导

示例
  vllm-oom-doctor demo
  vllm-oom-doctor demo kv
  vllm-oom-doctor demo | cat        同样内容的文本，不提问

案例
${cases('zh-CN')}

不需要 GPU、vLLM 和网络。展示的一切都是模拟的，并会注明。

选项
  --lang en|zh-CN   --plain`,
  },
};
