import { Box, render, Text, type TextProps, useWindowSize } from 'ink';
import { useRef, useSyncExternalStore } from 'react';
import { frame, type Size } from './frame/frame.js';
import type { Line, Tone } from './lines.js';
import type { Wizard } from './wizard.js';

/** Only the sixteen colours of the terminal's own theme; every tone also has a sign or a weight. */
const LOOKS: Record<Tone, TextProps> = {
  plain: {},
  strong: { bold: true },
  dim: { dimColor: true },
  good: { color: 'green' },
  bad: { color: 'red', bold: true },
  warn: { color: 'yellow' },
  accent: { color: 'cyan', bold: true },
  mark: { bold: true, underline: true },
  cursor: { inverse: true },
};

const Row = ({ row }: { row: Line }) => (
  <Text wrap="truncate">
    {row.length === 0
      ? ' '
      : row.map(({ text, tone }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the spans of a row have no identity but their place
          <Text key={i} {...LOOKS[tone]}>
            {text}
          </Text>
        ))}
  </Text>
);

/** The wizard's frame as Ink elements: one element a row, nothing for Ink to lay out or to wrap. */
export const App = ({ wizard, size }: { wizard: Wizard; size?: Size }) => {
  const state = useSyncExternalStore(wizard.subscribe, wizard.get);
  const window = useWindowSize();
  const { columns, rows } = size ?? window;
  const step = wizard.step();
  const scroll = useRef<{ step: string; top: number }>({ step, top: 0 });
  if (scroll.current.step !== step) scroll.current = { step, top: 0 };
  // One row less than the terminal has: a frame of full height makes terminals scroll.
  const { lines, scroll: top } = frame(state, { columns, rows: rows - 1 }, scroll.current.top);
  scroll.current.top = top;
  // Header, rule and footer.
  wizard.area = { columns, rows: Math.max(1, rows - 4) };
  return (
    <Box flexDirection="column" width="100%">
      {lines.map((row, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are places on the screen
        <Row key={i} row={row} />
      ))}
    </Box>
  );
};

/**
 * Draws the wizard on the alternate screen of `stdout` until the returned function is called. A fault of ours while
 * drawing is handed to `onCrash`: the screen is gone by then, and the caller has to leave.
 */
export const draw = (
  wizard: Wizard,
  stdout: NodeJS.WriteStream,
  onCrash: (error: unknown) => void,
): (() => Promise<void>) => {
  const ink = render(<App wizard={wizard} />, {
    stdout,
    alternateScreen: true,
    incrementalRendering: true,
    // Whether there is a terminal was decided before; CI=true in the environment of a rented machine says nothing.
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 20,
  });
  const ended = ink.waitUntilExit().then(() => {}, onCrash);
  return async () => {
    ink.unmount();
    await ended;
  };
};
