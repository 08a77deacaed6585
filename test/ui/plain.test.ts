import { describe, expect, it } from 'vitest';
import { newRecord } from '../../src/session/record.js';
import { converse } from '../../src/ui/plain/conversation.js';
import { createWizard } from '../../src/ui/wizard.js';
import { COMMAND, engine, fakeServices, LOG } from './fixtures.js';

/** The plain wizard with these lines typed; what it said, and what it knew at the end. */
const talk = async (...typed: string[]) => {
  const fakes = fakeServices();
  const wizard = createWizard(newRecord('20261121-0203-k3f9', new Date(0)), fakes.services, {
    lang: 'en',
    plain: true,
    spoken: true,
    engine,
  });
  const said: string[] = [];
  const lines = [...typed];
  await converse(wizard, {
    columns: () => 80,
    tell: text => said.push(text),
    next: async () => lines.shift() ?? null,
    onInterrupt: () => () => {},
  });
  wizard.end();
  return { ...fakes, wizard, said: said.join('\n'), left: lines };
};

const pasted = [...LOG.trimEnd().split('\n'), '.'];

describe('the wizard as plain prompts', () => {
  it('takes a paste up to the dot, goes through every step and writes what is asked for', async () => {
    const { said, files, wizard } = await talk(...pasted, '', '', '', 'y', 'w', 'r', '');
    for (const step of ['Log', 'Facts', 'Diagnosis', 'Fixes', 'Re-test', 'Result'])
      expect(said).toContain(`== ${step} ==`);
    expect(said).toContain(' 1 [x] Serve fewer requests at once');
    expect(said).toContain('Proven: it came up and answered a real request.');
    expect([...files.keys()]).toContain('vllm-command.sh');
    expect([...files.keys()]).toContain('vllm-oom-report.md');
    expect(wizard.get().ended).toBe(true);
  });

  it('takes a path, corrections by name, fixes by number, and goes back', async () => {
    const { wizard, said } = await talk('crash.log', 'maxmodellen = 8k', '', '', '1 2', 'b', 'q');
    expect(wizard.get().record.userFacts.maxModelLen!.value).toBe(8000);
    expect(wizard.selected()).toEqual(['upgrade-vllm']);
    expect(said.match(/== Diagnosis ==/g)).toHaveLength(2);
  });

  it('takes a command by its name, and says what it does not understand', async () => {
    const { wizard, said } = await talk(...pasted, `command=${COMMAND}`, 'command=nonsense', 'frobnicate=1', 'q');
    expect(wizard.get().record.rounds[0]!.command).toBe(COMMAND);
    expect(said).toContain('That is no Launch command');
    expect(said).toContain('? frobnicate=1  (command, vllmVersion, model');
  });

  it('goes on without a re-test, and ends with the last line', async () => {
    const { wizard, said, left } = await talk(...pasted, '', '', '', 'n');
    expect(wizard.step()).toBe('result');
    expect(said).toContain('Predicted, not proven');
    expect(left).toEqual([]);
  });

  it('leaves on q before anything was read', async () => {
    expect((await talk('', 'q', 'never read')).left).toEqual(['never read']);
  });
});
