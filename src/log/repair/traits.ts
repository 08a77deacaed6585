/** Bits of {@link traitsOf}. */
export const CONTROL = 1;
export const BACKSLASH = 2;
export const AMPERSAND = 4;
/** A character outside Latin-1: boxes, bars, odd blanks. */
export const WIDE = 8;
/** `[` before a digit or K, `#` before 033: a colour code whose ESC was lost or spelled out. */
export const ORPHAN = 16;

const table = new Uint8Array(256);
for (let code = 0; code < 32; code++) if (code !== 9) table[code] = CONTROL;
for (let code = 127; code <= 160; code++) table[code] = CONTROL;
table[92] = BACKSLASH;
table[38] = AMPERSAND;

const BRACKET = 91;
const HASH = 35;

/** One cheap pass that tells which repairs a line may need; ordinary lines need none. */
export const traitsOf = (text: string): number => {
  let traits = 0;
  let previous = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    traits |= code < 256 ? table[code]! : WIDE;
    if (previous === BRACKET ? code < 60 || code === 75 : previous === HASH && code === 48) traits |= ORPHAN;
    previous = code;
  }
  return traits;
};
