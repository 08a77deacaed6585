import { lineEnd, nextLine } from '../text/edits.js';
import { Traced } from '../text/traced.js';

/** An instruction of a Dockerfile. */
export interface Instruction {
  name: string;
  /** What stands behind the keyword, continued lines included. */
  body: Traced;
  start: number;
  end: number;
}

/** The instructions of a Dockerfile; comment lines inside continued ones are left in place for the readers to skip. */
export const instructionsOf = (text: string): Instruction[] => {
  const instructions: Instruction[] = [];
  let at = 0;
  while (at < text.length) {
    const head = /[ \t]{0,80}([A-Za-z]{2,12})[ \t]+/y;
    head.lastIndex = at;
    const match = head.exec(text);
    let end = at;
    // A line ends the instruction unless it ends in a backslash; comments and blank lines in between do not.
    for (;;) {
      const stop = lineEnd(text, end);
      const line = text.slice(end, stop);
      const continued = /\\[ \t]*$/.test(line.slice(-80)) || (end > at && /^\s*#/.test(line));
      if (!continued || nextLine(text, stop) >= text.length) {
        end = stop;
        break;
      }
      end = nextLine(text, stop);
    }
    if (match && match.index + match[0].length <= end) {
      const from = match.index + match[0].length;
      instructions.push({
        name: match[1]!.toUpperCase(),
        body: Traced.of(text.slice(from, end), from),
        start: at,
        end,
      });
    }
    at = nextLine(text, end);
  }
  return instructions;
};
