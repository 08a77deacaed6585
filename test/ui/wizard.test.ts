import { describe, expect, it } from 'vitest';
import { say } from '../../src/common/text.js';
import { newRecord, resumed } from '../../src/session/record.js';
import { parseRecord } from '../../src/session/record-schema.js';
import { exitLines } from '../../src/ui/exit-line.js';
import { FORM } from '../../src/ui/form/rows.js';
import { pathIn } from '../../src/ui/intake/dropped-path.js';
import { widthOf } from '../../src/ui/lines.js';
import { answer, COMMAND, engine, KEYS, LOG, readingOf, seat, settle, steeredRetest } from './fixtures.js';

const { enter, esc, down, up, ctrlC, ctrlL, ctrlN, ctrlU, tab } = KEYS;

/** Pasted and gone on to the given step. */
const at = async (step: 'facts' | 'diagnosis' | 'fixes' | 'retest', ...args: Parameters<typeof seat>) => {
  const s = seat(...args);
  await s.type(s.paste(LOG));
  for (const name of ['facts', 'diagnosis', 'fixes', 'retest'] as const) {
    if (name === step) break;
    await s.type(enter);
  }
  expect(s.wizard.step()).toBe(step);
  return s;
};

describe('the first screen', () => {
  it('takes a paste, reads it, saves the session and goes on to the facts', async () => {
    const s = seat();
    expect(s.screen()).toContain('Paste the crash log here');
    await s.type(s.paste(LOG));
    expect(s.wizard.step()).toBe('facts');
    expect(s.saved.at(-1)!.rounds[0]!.input).toBe('paste');
  });

  it('takes a paste without brackets in several bursts, and stays until Enter', async () => {
    const s = seat();
    const text = LOG.replaceAll('\n', '\r');
    await s.type(text.slice(0, 300));
    expect(s.wizard.step()).toBe('log');
    await s.type(text.slice(300));
    expect(s.wizard.step()).toBe('log');
    expect(s.screen()).toContain('Paste more to add to it.');
    await s.type(enter);
    expect(s.wizard.step()).toBe('facts');
    expect(s.wizard.get().record.rounds[0]!.reading!.lines).toBeGreaterThanOrEqual(6);
  });

  it('takes a paste of 4 MB in small pieces and counts its lines', async () => {
    const s = seat();
    const block = LOG.repeat(6400);
    const text = s.paste(block);
    await s.feed(...(text.slice(0, 200_000).match(/[\s\S]{1,65536}/g) ?? []));
    expect(s.screen()).toMatch(/1,\d{3} lines/);
    await s.feed(...(text.slice(200_000).match(/[\s\S]{1,65536}/g) ?? []));
    for (let i = 0; i < 200 && s.wizard.step() === 'log'; i++) await settle();
    expect(s.wizard.get().record.rounds[0]!.reading!.lines).toBe(6400 * 6);
  });

  it('reads a path typed or dropped, and says what is wrong with one', async () => {
    const typed = seat();
    await typed.type('nothing.log', enter);
    expect(typed.screen()).toContain('there is no file "nothing.log"');
    await typed.type(ctrlU, 'crash.log', enter);
    expect(typed.wizard.step()).toBe('facts');
    const dropped = seat();
    await dropped.type(dropped.paste("'crash.log' "));
    expect(dropped.wizard.get().record.rounds[0]!.input).toBe('crash.log');
  });

  it('stays with a log of another program and says so, with the command that fetches the right one', async () => {
    const s = seat();
    await s.type(s.paste('2024-03-31T18:30:09Z  INFO text_generation_launcher: Args\nmore\n'));
    expect(s.wizard.step()).toBe('log');
    expect(s.screen()).toContain('a log of TGI');
    expect(s.screen()).toContain('docker logs NAME');
  });

  it('completes paths with Tab as far as they agree, and names them where they part', async () => {
    const s = seat();
    s.files.set('crash-2.log', LOG);
    await s.type('cr', tab);
    expect(s.wizard.get().screens.log.field.text).toBe('crash');
    await s.type(tab);
    expect(s.screen()).toContain('crash.log  crash-2.log');
    await s.type('.', tab, enter);
    expect(s.wizard.step()).toBe('facts');
    const none = seat();
    await none.type('nowhere', tab);
    expect(none.screen()).toContain('No file or folder begins like this.');
  });

  it('adds a second paste to the first', async () => {
    const s = await at('facts');
    await s.type(esc, s.paste('INFO one more line\nand another\n'));
    expect(s.wizard.get().record.rounds[0]!.input).toBe('paste, paste 2');
    expect(s.wizard.get().record.rounds[0]!.reading!.lines).toBe(8);
  });

  it('has a way in for those for whom nothing crashed', async () => {
    const s = seat();
    await s.type(ctrlN);
    expect(s.screen()).toContain('How do I save memory?');
    await s.type(down, enter);
    expect(s.wizard.get().record.question).toBe('will-it-fit');
    expect(s.wizard.step()).toBe('facts');
  });

  it('looks on this machine, says how long it waits and stops on Esc', async () => {
    let aborted = false;
    const s = seat({
      probe: signal =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('aborted'));
          });
        }),
    });
    await s.type(ctrlL);
    expect(s.wizard.get().busy).not.toBeNull();
    await s.type(esc);
    expect(aborted).toBe(true);
    expect(s.wizard.get().busy).toBeNull();
  });

  it('shows the logs that it finds on this machine, also where something was read before', async () => {
    const logs = [{ shown: 'container vllm-1', source: { name: 'vllm-1', open: () => [LOG] } }];
    const s = seat({ probe: async () => ({ facts: {}, shown: '1 × NVIDIA A100', logs }) });
    await s.type(ctrlL);
    expect(s.screen()).toMatch(/Found on this machine\n › container vllm-1/);
    await s.type(enter);
    expect(s.wizard.get().record.rounds[0]!.input).toBe('vllm-1');
    await s.type(esc, ctrlL);
    expect(s.screen()).toMatch(/Found on this machine\n › container vllm-1/);
    await s.type(esc);
    expect(s.screen()).not.toContain('Found on this machine');
  });

  it('forgets half a text when reading is stopped', async () => {
    const s = seat({
      openFile: async path => ({
        name: path,
        async *open() {
          for (;;) {
            await new Promise(resolve => setImmediate(resolve));
            yield 'INFO one more line\n'.repeat(100);
          }
        },
      }),
    });
    await s.type('crash.log', enter);
    expect(s.screen()).toMatch(/[\d,]+00 lines/);
    await s.type(esc);
    expect(s.wizard.get().busy).toBeNull();
    expect(s.screen()).toContain('Paste the crash log here');
    expect(s.wizard.step()).toBe('log');
  });

  it('takes a file that holds a launch and no log as the command', async () => {
    const compose = 'services:\n  vllm:\n    image: vllm/vllm-openai:v0.11.0\n    command: --model Qwen/Qwen3-8B\n';
    const image = { id: 'vllm-image', line: 3, text: 'image: …', values: {}, kind: 'info' as const };
    const run = { ...readingOf(compose).runs[0]!, events: [image], phase: 'unknown' as const };
    const s = seat({ readLog: async () => ({ ...readingOf(compose), runs: [run] }) });
    s.files.set('compose.yaml', compose);
    await s.type('compose.yaml', enter);
    expect(s.wizard.get().record.question).toBe('will-it-fit');
    expect(s.wizard.get().record.rounds[0]!.command).toBe(compose);
  });

  it('treats letters as text while the field is open', async () => {
    const s = seat();
    await s.type('q?jk');
    expect(s.ended()).toBe(false);
    expect(s.wizard.get().screens.log.field.text).toBe('q?jk');
    await s.type(ctrlC);
    expect(s.ended()).toBe(true);
  });
});

describe('facts', () => {
  it('shows where each comes from, and what the unknown ones would decide', async () => {
    const s = await at('facts');
    expect(s.screen()).toMatch(/vLLM version +0\.8\.3 +log 2/);
    expect(s.screen()).toMatch(/max-num-seqs +\? the peaks of warm-up/);
  });

  it('takes a correction, keeps it apart from what the log says, and takes it back', async () => {
    const s = await at('facts');
    await s.type(down, enter, ctrlU, '0.9.1', enter);
    expect(s.wizard.get().record.userFacts.vllmVersion).toEqual({ value: '0.9.1', from: 'user' });
    expect(s.screen()).toMatch(/0\.9\.1 +you/);
    await s.type('x');
    expect(s.screen()).toMatch(/0\.8\.3 +log 2/);
  });

  it('says that a value is none, and Esc leaves the old one', async () => {
    const s = await at('facts');
    await s.type(down, enter, ctrlU, 'newest', enter);
    expect(s.screen()).toContain('That is no vLLM version');
    await s.type(esc);
    expect(s.wizard.get().record.userFacts).toEqual({});
  });

  it('completes names with Tab', async () => {
    const s = await at('facts');
    await s.type(down, down, enter, ctrlU, 'llama');
    expect(s.screen()).toContain('▸ meta-llama/Llama-3.1-8B-Instruct');
    await s.type(tab, enter);
    expect(s.wizard.get().record.userFacts.model!.value).toBe('meta-llama/Llama-3.1-8B-Instruct');
  });

  it('takes a pasted command with its line breaks', async () => {
    const s = await at('facts');
    const rows = s.rows().findIndex(row => row.includes('Launch command'));
    const from = s.rows().findIndex(row => row.includes('Go on with this'));
    for (let i = from; i < rows - 2; i++) await s.type(down);
    await s.type(enter);
    await s.type(s.paste('services:\n  vllm:\n    image: vllm/vllm-openai\n    command: --model m\n'));
    expect(s.wizard.get().record.rounds[0]!.command).toBe(
      'services:\n  vllm:\n    image: vllm/vllm-openai\n    command: --model m\n',
    );
  });

  it('takes a command pasted anywhere on the form, and says where a log belongs', async () => {
    const s = await at('facts');
    await s.type(s.paste(`${COMMAND} --max-num-seqs 8`));
    expect(s.wizard.get().record.rounds[0]!.command).toContain('--max-num-seqs 8');
    await s.type(s.paste('INFO a\nINFO b\n'));
    expect(s.screen()).toContain('Esc goes back to Log');
  });

  it('keeps the chosen fixes when the facts change, and says which are no longer offered', async () => {
    const s = await at('fixes', {
      engine: async () => ({
        ...engine,
        answerOf: (record, index) => {
          const before = engine.answerOf(record, index)!;
          const newest = record.userFacts.vllmVersion?.value === '0.8.4';
          return newest ? { ...before, fixes: before.fixes.filter(({ id }) => id !== 'upgrade-vllm') } : before;
        },
      }),
    });
    await s.type(down, ' ', down, ' ');
    const chosen = ['lower-max-num-seqs', 'upgrade-vllm', 'lower-gpu-memory-utilization'];
    expect(s.wizard.selected()).toEqual(chosen);
    s.wizard.correct('maxNumSeqs', 8);
    expect(s.wizard.selected()).toEqual(chosen);
    expect(s.wizard.get().notice).toBeNull();
    s.wizard.correct('vllmVersion', '0.8.4');
    expect(s.wizard.selected()).toEqual(['lower-max-num-seqs', 'lower-gpu-memory-utilization']);
    expect(s.screen()).toContain('no longer selected: upgrade-vllm');
  });

  it('follows the advice when the facts change and nothing else was chosen', async () => {
    const s = await at('retest');
    s.wizard.correct('maxNumSeqs', 8);
    expect(s.wizard.get().record.rounds[0]!.selected).toBeNull();
  });

  const toCommand = async (s: Awaited<ReturnType<typeof at>>) => {
    for (let i = 0; i < 20 && !s.rows().some(row => /› Launch command/.test(row)); i++) await s.type(down);
  };

  it('opens the known command for editing, and keeps it on Enter, on an empty field and on a text that is none', async () => {
    const s = await at('facts');
    await toCommand(s);
    await s.type(enter);
    expect(s.wizard.get().screens.facts.editing!.field.text).toBe(COMMAND);
    await s.type(enter);
    expect(s.wizard.get().record.rounds[0]!.command).toBeNull();
    await s.type(enter, ctrlU, enter);
    expect(s.wizard.get().answer!.launch!.text).toBe(COMMAND);
    await s.type(enter, ctrlU, 'make it work', enter);
    expect(s.screen()).toContain('That is no Launch command');
    await s.type(esc);
    expect(s.wizard.get().answer!.launch!.text).toBe(COMMAND);
  });

  it('does not take a pasted text for the command that is none', async () => {
    const s = await at('facts');
    await toCommand(s);
    await s.type(enter, s.paste('two\nlines of prose\n'));
    expect(s.screen()).toContain('That is no Launch command');
    expect(s.wizard.get().record.rounds[0]!.command).toBeNull();
  });

  it('says of a command that it was rebuilt, and from which line, wherever it is shown', async () => {
    const rebuilt = {
      engine: async () => ({
        ...engine,
        answerOf: (record: Parameters<typeof engine.answerOf>[0], index?: number) => {
          const before = engine.answerOf(record, index)!;
          return { ...before, launch: { ...before.launch!, rebuilt: true as const } };
        },
      }),
      readLog: async () => {
        const reading = readingOf(LOG);
        return { ...reading, runs: [{ ...reading.runs[0]!, launch: { text: 'args: …', line: 2 } }] };
      },
    };
    const s = await at('facts', rebuilt, { rows: 30 });
    expect(s.screen()).toContain('Rebuilt from the log, line 2: check it.');
    await s.type(enter, enter);
    expect(s.screen()).toContain('Rebuilt from the log, line 2');
    await s.type(enter);
    expect(s.screen()).toContain('Rebuilt from the log, line 2');
  });

  it('shows what an unknown fact would decide in full at 80 columns', async () => {
    const s = await at('facts', {}, { lang: 'en' });
    expect(s.screen(80, 60)).not.toMatch(/\? .*…/);
  });

  it('reads yes and no', () => {
    const { parse } = FORM.find(({ name }) => name === 'enforceEager')!;
    expect(['yes', '是', '1', 'no', '否', '(yes)', 'perhaps'].map(parse)).toEqual([
      true,
      true,
      true,
      false,
      false,
      null,
      null,
    ]);
  });
});

describe('the diagnosis', () => {
  it('shows the sentence, the picture and the proof with its lines', async () => {
    const s = await at('diagnosis');
    const screen = s.screen(80, 40);
    expect(screen).toContain('1024 dummy requests × 152,064 tokens');
    expect(screen).toContain('█ weights 15.63');
    expect(screen).toContain('~6.20');
    expect(screen).toMatch(/RuntimeError.* 6$/m);
    expect(screen).toContain('only 130 MiB is reserved');
  });

  it('points at the decisive words from the row below where there are no styles, and leaves the text as it is', async () => {
    const s = await at('diagnosis', {}, { plain: true });
    const rows = s.rows(80, 40);
    const at1 = rows.findIndex(row => /Tried to allocate 1\.74\sGiB/.test(row));
    const from = rows[at1]!.search(/1\.74\sGiB/);
    expect(rows[at1 + 1]!.slice(from - 1, from + 9)).toBe(' ^^^^^^^^');
    expect(s.screen(80, 40)).not.toMatch(/[«»]/);
  });

  it('puts causes into words, and says in the help that their shares are no parts of a whole', async () => {
    const s = await at('diagnosis');
    const screen = s.screen(80, 40);
    expect(screen).toContain('likely, 97 %');
    expect(screen).toContain('unlikely, 20 %');
    await s.type('?');
    expect(s.screen()).toContain('do not add up to 100');
  });

  it('ends a line of the log that is cut with a sign', async () => {
    const long = { line: 5, text: `ERROR ${'word '.repeat(400)}end` };
    const s = await at('diagnosis', {
      engine: async () => ({
        ...engine,
        answerOf: (record, index) => ({ ...engine.answerOf(record, index)!, excerpts: [long] }),
      }),
    });
    await s.type('j', 'j', 'o');
    const rows = s.rows();
    expect(rows.join('\n')).not.toContain('end');
    expect(rows.filter(row => row.endsWith('…'))).toHaveLength(1);
  });

  it('walks through the proof and opens the log there, searches it, and comes back', async () => {
    const s = await at('diagnosis');
    await s.type('j', 'j', 'o');
    expect(s.screen()).toContain('The log around line 5');
    expect(s.screen()).toMatch(/›5 ERROR/);
    await s.type('/', 'loading took', enter);
    expect(s.wizard.get().screens.diagnosis.context!.line).toBe(4);
    await s.type(esc);
    expect(s.wizard.get().screens.diagnosis.context).toBeNull();
  });
});

describe('fixes', () => {
  it('selects the sufficient set at the start; Space changes set, verdict and command', async () => {
    const s = await at('fixes');
    expect(s.screen()).toContain('[x] Serve fewer requests');
    expect(s.screen()).toContain('✓ predicted to be enough');
    await s.type(' ');
    expect(s.screen()).toContain('0 selected');
    await s.type(down, down, ' ');
    expect(s.screen()).toContain('1 selected');
    expect(s.saved.at(-1)!.rounds[0]!.selected).toEqual(['lower-gpu-memory-utilization']);
    await s.type('a');
    expect(s.wizard.selected()).toEqual(answer.selected);
  });

  it('shows the whole command, however long, scrolled by rows', async () => {
    const s = await at('fixes');
    s.wizard.setCommand(Array.from({ length: 60 }, (_, i) => `vllm serve m ${i} \\`).join('\n'));
    await s.type('d');
    expect(s.screen()).not.toContain('vllm serve m 59');
    for (let i = 0; i < 12; i++) await s.type('\u001B[6~');
    expect(s.screen()).toContain('vllm serve m 59');
    await s.type('g');
    expect(s.screen()).toContain('1 selected');
  });

  it('lists the tips that do not help, with the reason', async () => {
    const s = await at('fixes');
    expect(s.screen(80, 40)).toContain('expandable-segments: only 130 MiB');
  });
});

describe('a re-test', () => {
  const started = async () => {
    const steered = steeredRetest();
    const s = await at('retest', { retest: steered.retest });
    return { ...s, steered };
  };

  it('starts nothing before Enter', async () => {
    const s = await started();
    expect(s.screen()).toContain('Nothing starts before Enter.');
    expect(s.wizard.get().live).toBeNull();
    await s.type(enter);
    expect(s.wizard.get().live).not.toBeNull();
  });

  it('shows phases, memory and output, and proves the fix', async () => {
    const s = await started();
    await s.type(enter);
    s.steered.emit({ type: 'phase', atMs: 0, phase: 'load' });
    s.steered.emit({ type: 'memory', atMs: 1, gpus: [{ index: 0, usedGiB: 40, totalGiB: 80 }] });
    s.steered.emit({ type: 'line', atMs: 2, text: 'INFO Starting \u001B[31mto load' });
    expect(s.screen()).toContain('loading the weights');
    expect(s.screen()).toContain('40.00 / 80.00 GiB');
    expect(s.screen()).toContain('INFO Starting to load');
    s.steered.finish('proven');
    await settle();
    expect(s.wizard.step()).toBe('result');
    expect(s.screen()).toContain('Proven: it came up and answered');
  });

  it('that fails is diagnosed again at once, beside the attempt, and leads back to the fixes', async () => {
    const s = await started();
    await s.type(enter);
    s.steered.finish('failed');
    await settle();
    expect(s.wizard.step()).toBe('diagnosis');
    expect(s.screen()).toContain('Last attempt · tried lower-max-num-seqs');
    expect(s.wizard.get().record.rounds).toHaveLength(2);
    await s.type(enter);
    expect(s.wizard.step()).toBe('fixes');
  });

  it('stops on s and proves nothing', async () => {
    const s = await started();
    await s.type(enter, 's');
    expect(s.wizard.step()).toBe('retest');
    expect(s.screen()).toContain('It was stopped; nothing is proven. Stopped by you. Enter tries again.');
  });

  it('asks before it is left behind', async () => {
    const s = await started();
    await s.type(enter, 'q');
    expect(s.screen()).toContain('Stop it and leave?');
    await s.type(esc);
    expect(s.ended()).toBe(false);
    await s.type(ctrlC, enter);
    expect(s.ended()).toBe(true);
    expect(s.saved.at(-1)!.rounds[0]!.attempt!.outcome).toBe('stopped');
  });

  it('can be left out: the result is then called predicted', async () => {
    const s = await at('retest');
    await s.type('x');
    expect(s.screen()).toContain('Predicted, not proven');
    expect(s.screen()).not.toContain('Proven');
  });

  it('does not start a command whose secrets were not saved', async () => {
    const s = await at('retest');
    s.wizard.setCommand('HF_TOKEN=*** vllm serve m');
    await s.type(enter, enter, enter);
    expect(s.wizard.step()).toBe('retest');
    expect(s.screen()).toMatch(/\(HF_TOKEN\): sessions are saved\s+without secrets/);
    await s.type(enter);
    expect(s.wizard.get().live).toBeNull();
  });

  it('elsewhere shows the command and takes what it printed as the proof', async () => {
    const s = await at('retest');
    await s.type('v');
    expect(s.screen()).toContain('Run this where the GPU is');
    await s.type(s.paste('INFO vLLM API server version 0.8.3\nINFO: Application startup complete.\n'));
    expect(s.wizard.step()).toBe('result');
    expect(s.wizard.get().record.rounds[0]!.attempt!.tail).toHaveLength(2);
    expect(s.screen()).toContain('It came up, as the output that you pasted shows.');
    expect(s.screen()).not.toContain('Proven');
  });

  it('elsewhere that fails is diagnosed like any other', async () => {
    const s = await at('retest');
    await s.type('v', s.paste(LOG));
    expect(s.wizard.step()).toBe('diagnosis');
    expect(s.screen()).toContain('Last attempt');
  });

  it.each([
    ['compose', 'docker compose up -d'],
    ['kubernetes', 'kubectl apply -f FILE'],
    ['systemd', 'systemctl restart UNIT'],
  ])('that cannot be started here (%s) shows on the first rows how it is applied', async (shape, how) => {
    const text = Array.from({ length: 60 }, (_, i) => `line: ${i}`).join('\n');
    const s = await at('retest', {
      engine: async () => ({
        ...engine,
        answerOf: (record, index) => {
          const before = engine.answerOf(record, index)!;
          return { ...before, launch: { ...before.launch!, shape, text } };
        },
        planRetest: (command, via) => ({ ...engine.planRetest(command, via), start: null }),
      }),
    });
    expect(s.screen()).toMatch(/Where +elsewhere, by you/);
    expect(s.screen().replace(/\s+/g, ' ')).toContain(how);
    expect(s.screen()).toContain('Paste its output here');
    expect(s.screen()).not.toContain('v where');
    await s.type('x');
    expect(s.screen().replace(/\s+/g, ' ')).toContain(how);
  });

  it.each(['proven', 'failed', 'stopped'] as const)('tells what it left behind when it %s', async outcome => {
    const unchecked = [{ what: { en: 'containers (docker is silent)', zh: '容器' }, look: 'docker ps --all' }];
    const stopped = { type: 'stopped', atMs: 9, exitCode: 0, signal: null, leftBehind: ['process 4711'], unchecked };
    const s = await at('retest', {
      retest: async () => ({ outcome, reason: '', events: [stopped as never], log: LOG, startupMs: 1 }),
    });
    await s.type(enter);
    await settle();
    const shown = s.screen(100, 60).replace(/\s+/g, ' ');
    expect(shown).toContain('Still there after the stop: process 4711');
    expect(shown).toContain('Could not be checked: containers (docker is silent). Look with: docker ps --all');
  });

  it('takes the load that the user names, and says what none is', async () => {
    const steered = steeredRetest();
    let load: unknown;
    const s = await at('retest', {
      retest: (plan, options) => {
        load = plan.load;
        return steered.retest(plan, options);
      },
    });
    await s.type('l', 'many', enter);
    expect(s.screen()).toContain('Write the load as 4 or 4x2000');
    await s.type(ctrlU, '4x2000', enter);
    expect(s.screen()).toContain('4 requests at once of 2000 tokens');
    await s.type(enter);
    expect(load).toEqual({ concurrent: 4, promptTokens: 2000 });
  });

  it('is called simulated on every screen when it was', async () => {
    const steered = steeredRetest();
    const s = await at('retest', {
      retest: steered.retest,
      engine: async () => ({
        ...engine,
        planRetest: (command, via) => ({ via, command, timeoutMs: 1000, request: true, simulated: true, start: null }),
      }),
    });
    s.wizard.chooseVia('manual');
    await settle();
    void s.wizard.startRetest();
    await settle();
    steered.finish('proven');
    await settle();
    expect(s.screen()).toContain('SIMULATED');
    expect(s.screen()).toContain('It came up in the simulation.');
    expect(s.screen()).not.toContain('Proven');
  });
});

describe('the result', () => {
  it('copies the command as it is, and writes it and the report only when asked', async () => {
    const s = await at('retest');
    await s.type(enter, 'c');
    expect(s.copied).toEqual([s.wizard.get().preview?.command ?? COMMAND]);
    expect([...s.files.keys()]).toEqual(['crash.log']);
    await s.type('w', 'r');
    expect([...s.files.keys()]).toEqual([
      'crash.log',
      'vllm-command.sh',
      'vllm-oom-report.md',
      'vllm-oom-report.html',
      'vllm-oom-report.json',
    ]);
  });
});

it('says of a copied command that it holds secrets which the screen hides', async () => {
  const s = await at('retest');
  s.wizard.setCommand('HF_TOKEN=hf_abcdefghijklmnopqrst vllm serve m');
  await s.type(enter, enter, enter, 'x', 'c');
  expect(s.copied.at(-1)).toContain('hf_abcdefghijklmnopqrst');
  expect(s.screen()).not.toContain('hf_abcdefghijklmnopqrst');
  expect(say(s.wizard.get().notice!.text, 'en')).toContain('It holds your secrets');
});

describe('a session that is opened again', () => {
  const masked = 'HF_TOKEN=*** vllm serve Qwen/Qwen3-8B --api-key ***';

  it('says before and after writing or copying which secrets are missing', async () => {
    const s = await at('retest');
    s.wizard.setCommand(masked);
    await s.type(enter, enter, enter, 'x');
    const again = seat({}, { record: s.saved.at(-1)! });
    expect(again.wizard.step()).toBe('result');
    const missing = 'put the value of HF_TOKEN, --api-key in the place of ***';
    const words = () => again.screen().replace(/\s+/g, ' ');
    expect(words()).toContain(missing);
    await again.type('w');
    expect(say(again.wizard.get().notice!.text, 'en')).toContain(missing);
    again.wizard.set({ notice: null });
    await again.type('c');
    expect(say(again.wizard.get().notice!.text, 'en')).toContain(missing);
  });

  it('knows before Enter what it would start, and for how long', async () => {
    const s = await at('retest');
    const again = seat({}, { record: s.saved.at(-1)! });
    expect(again.screen()).toContain('At most 30 min');
    await again.type(enter);
    expect(again.wizard.step()).toBe('result');
  });

  it('shows what was proven, also when it was left on the re-test', async () => {
    const s = await at('retest');
    await s.type(enter, esc);
    expect(s.wizard.step()).toBe('retest');
    expect(s.screen()).toContain('x shows the result');
    const again = seat({}, { record: resumed(s.saved.at(-1)!) });
    expect(again.wizard.step()).toBe('result');
    await s.type('x');
    expect(s.wizard.step()).toBe('result');
  });

  it('of a demo is called simulated on every screen, the first one too', async () => {
    const record = { ...newRecord('20261121-0203-demo', new Date(0)), demo: 'kv' };
    const s = seat({}, { record });
    expect(s.screen()).toContain('SIMULATED');
    await s.type(s.paste(LOG));
    for (let i = 0; i < 4; i++) {
      expect(s.screen()).toContain('SIMULATED');
      await s.type(enter);
    }
    expect(exitLines(s.wizard.get(), [])).toMatch(/^\[SIMULATED\] /);
    expect(parseRecord(s.saved.at(-1))!.demo).toBe('kv');
  });
});

describe('the last words', () => {
  it('tell what was selected, whether or not somebody went on from there', async () => {
    const s = await at('fixes');
    await s.type(' ', down, down, ' ');
    expect(exitLines(s.wizard.get(), [])).toContain(
      'lower-gpu-memory-utilization: --gpu-memory-utilization 0.9 → 0.88',
    );
    await s.type(' ');
    expect(exitLines(s.wizard.get(), [])).toContain('Nothing is selected');
  });
});

describe('the search for the largest value', () => {
  const limit = 20_000;
  const valueIn = (command: string) => Number(/--max-model-len[ =](\d+)/.exec(command)?.[1]);
  const holding = (tried: number[]) => ({
    retest: async (plan: { command: string }) => {
      const value = valueIn(plan.command);
      tried.push(value);
      const outcome = value <= limit ? ('proven' as const) : ('failed' as const);
      return { outcome, reason: '', events: [], log: LOG, startupMs: 1000 };
    },
  });

  it('starts the command with other values and leaves the largest that held as the result', async () => {
    const tried: number[] = [];
    const s = await at('retest', holding(tried));
    s.wizard.setCommand(COMMAND.replace('32768', '8192'));
    await s.type(enter, enter, enter, enter);
    expect(s.wizard.step()).toBe('result');
    await s.type('b');
    expect(s.screen()).toContain('max-model-len: the longest context');
    await s.type(enter);
    for (let i = 0; i < 50 && s.wizard.get().bisecting; i++) await settle();
    expect(Math.max(...tried)).toBeGreaterThan(limit);
    const held = Math.max(...tried.filter(value => value <= limit));
    expect(limit - held).toBeLessThan(600);
    expect(s.screen()).toContain(`--max-model-len ${held} holds`);
    const { record } = s.wizard.get();
    expect(record.rounds.at(-1)!.held).toContain(`--max-model-len ${held}`);
    await s.type('c');
    expect(s.copied.at(-1)).toContain(`--max-model-len ${held}`);
    // What was diagnosed stays what was diagnosed, in the list of sessions and in the last words.
    expect(record.rounds).toHaveLength(1);
    expect(engine.answerOf(record)!.verdict).toBe('oom');
    const last = exitLines(s.wizard.get(), []);
    expect(last).toMatch(/^max-num-seqs-default: The sampler's warm-up/);
    expect(last).toContain(`--max-model-len ${held}`);
    // Other fixes make another command than the one that was searched for.
    s.wizard.toggleFix('upgrade-vllm');
    expect(s.wizard.get().record.rounds.at(-1)!.held).toBeNull();
    expect(s.wizard.step()).toBe('result');
  });

  it('stops on s and keeps what it was', async () => {
    const steered = steeredRetest();
    let starts = 0;
    const s = await at('retest', {
      retest: async (plan, options) => {
        starts++;
        return starts === 1
          ? { outcome: 'proven', reason: '', events: [], log: LOG, startupMs: 1 }
          : steered.retest(plan, options);
      },
    });
    await s.type(enter, 'b', enter);
    expect(s.screen()).toContain('Searching --max-model-len');
    await s.type('s');
    expect(s.wizard.get().bisecting).toBeNull();
    expect(s.wizard.get().record.rounds).toHaveLength(1);
    expect(s.wizard.step()).toBe('result');
  });
});

describe('getting around', () => {
  it('goes back to the first screen and forward again without losing anything', async () => {
    const s = await at('retest');
    await s.type(esc, esc, esc, esc);
    expect(s.wizard.step()).toBe('log');
    await s.type(enter, enter, enter, enter);
    expect(s.wizard.step()).toBe('retest');
  });

  it('comes back to the same screen from what was saved', async () => {
    const s = await at('fixes');
    await s.type(down, ' ');
    const again = seat({}, { record: s.saved.at(-1)! });
    expect(again.wizard.step()).toBe('fixes');
    expect(again.wizard.selected()).toEqual(['lower-max-num-seqs', 'upgrade-vllm']);
  });

  it('shows the keys of the screen on ? and switches the language on Ctrl+T', async () => {
    const s = await at('fixes');
    await s.type('?');
    expect(s.screen()).toContain('Space');
    await s.type('x', '\u0014');
    expect(s.screen()).toContain('修复');
  });

  it('goes on without saving where nothing can be saved, and says so once', async () => {
    const s = seat({
      save: () => {
        throw Object.assign(new Error('read-only'), { code: 'EROFS' });
      },
    });
    await s.type(s.paste(LOG));
    expect(s.wizard.step()).toBe('facts');
    expect(s.screen()).toContain('cannot be saved (its folder is read-only, EROFS)');
  });

  it('offers to resume only what was saved', async () => {
    let full = true;
    const s = seat({
      save: () => {
        if (full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
    });
    await s.type(s.paste(LOG));
    const unsaved = exitLines(s.wizard.get(), []);
    expect(unsaved).not.toMatch(/vllm-oom-doctor resume|Resume:/);
    expect(unsaved).toContain('This session was not saved (no space is left, ENOSPC)');
    full = false;
    s.wizard.forward();
    expect(exitLines(s.wizard.get(), [])).toContain('Resume: vllm-oom-doctor resume');
    // An older state is not the session as it is.
    full = true;
    s.wizard.forward();
    expect(exitLines(s.wizard.get(), [])).not.toContain('Resume:');
  });
});

describe('the frame', () => {
  const sizes = [
    [20, 6],
    [40, 12],
    [60, 19],
    [80, 23],
    [120, 39],
    [200, 60],
  ] as const;
  it.each(['en', 'zh-CN'] as const)('fills every size exactly, in %s, on every screen', async lang => {
    const steered = steeredRetest();
    const s = seat({ retest: steered.retest }, { lang });
    const check = () => {
      for (const [columns, rows] of sizes) {
        const drawn = s.rows(columns, rows);
        expect(drawn).toHaveLength(rows);
        for (const row of drawn) expect(widthOf(row)).toBeLessThanOrEqual(columns);
      }
    };
    check();
    await s.type(ctrlN);
    check();
    await s.type(esc, s.paste(LOG));
    check();
    await s.type(down, down, enter, ctrlU, 'qwen');
    check();
    await s.type(esc, up, up, enter);
    check();
    await s.type('j', 'o');
    check();
    await s.type(esc, enter);
    check();
    await s.type('d');
    check();
    await s.type('d', enter);
    check();
    await s.type(enter);
    for (let i = 0; i < 50; i++) steered.emit({ type: 'line', atMs: i, text: `显存 ${'x'.repeat(i * 5)}` });
    check();
    await s.type('q');
    check();
    await s.type(esc);
    steered.finish('proven');
    await settle();
    check();
    await s.type('?');
    check();
  });
});

it.each([
  ["'/a b/crash.log'", '/a b/crash.log'],
  ['/a\\ b/crash.log ', '/a b/crash.log'],
  ['file:///a%20b/crash.log', '/a b/crash.log'],
  ['line\nline', null],
  ['', null],
])('finds the path in a dropped %j', (text, path) => {
  expect(pathIn(text)).toBe(path);
});
