import { PassThrough } from 'node:stream';
import { render } from 'ink-testing-library';
import { afterEach, describe, expect, it } from 'vitest';
import { stripControls } from '../../src/common/sanitize.js';
import { App, draw } from '../../src/ui/app.js';
import { KEYS, LOG, seat, settle } from './fixtures.js';

const open: (() => void)[] = [];
afterEach(() => {
  for (const unmount of open.splice(0)) unmount();
});

const shown = async (s: ReturnType<typeof seat>, columns = 80, rows = 24) => {
  const ink = render(<App wizard={s.wizard} size={{ columns, rows }} />);
  open.push(ink.unmount);
  await settle();
  return () => stripControls(ink.lastFrame() ?? '').split('\n');
};

describe('the wizard drawn by Ink', () => {
  it('draws exactly the rows of the frame, on every screen, and follows the state', async () => {
    const s = seat();
    const frame = await shown(s);
    const same = () => {
      // Ink leaves out blanks at the end of a row.
      expect(frame().map(row => row.trimEnd())).toEqual(s.rows(80, 23).map(row => row.trimEnd()));
    };
    same();
    await s.type(s.paste(LOG));
    await settle();
    same();
    for (let step = 0; step < 3; step++) {
      await s.type(KEYS.enter);
      await settle();
      same();
    }
    await s.type('x');
    await settle();
    same();
  });

  it('is one row lower than the terminal, so that nothing scrolls', async () => {
    const s = seat();
    expect((await shown(s, 60, 20))()).toHaveLength(19);
  });

  it('lets no control sequence of a log through', async () => {
    const s = seat();
    await s.type(s.paste(`${LOG}ERROR \u001B]0;owned\u0007\u001B[2J`));
    const raw = render(<App wizard={s.wizard} size={{ columns: 80, rows: 24 }} />);
    open.push(raw.unmount);
    await settle();
    expect(raw.lastFrame()).not.toMatch(/\u001B\]|\u001B\[2J/);
  });
});

it('hands a fault of ours while drawing on, so that the terminal can be given back', async () => {
  const s = seat();
  const fault = new Error('a fault');
  const broken = {
    ...s.wizard,
    get: () => {
      throw fault;
    },
  };
  const stdout = Object.assign(new PassThrough(), { columns: 80, rows: 24, isTTY: true });
  stdout.resume();
  const crashes: unknown[] = [];
  const undraw = draw(broken, stdout as unknown as NodeJS.WriteStream, error => crashes.push(error));
  await settle();
  await undraw();
  expect(crashes).toEqual([fault]);
});
