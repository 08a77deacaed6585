/** Frames that a viewer drew around the lines (k9s, Rich, snakemake, notebooks) and marks of quoting. */
const DRAWN = /[─━═╭╮╰╯┌┐└┘╔╗╚╝]/;
/** A border may hold plain strokes too; nothing else. */
const NO_BORDER = /[^\s─━═╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣+=-]/;
const LEFT = /^\s{0,8}[│┃║▎▏▌▍▐]\s?/;
const RIGHT = /[│┃║]/;
const QUOTE = /^(?:\s{0,3}>(?!>>)\s?){1,4}/;

/** The line without box sides and quote marks; an empty string for a line that only draws a border. */
export const removeBox = (text: string): string => {
  // Python's prompt >>> and a shell's redirection are no quoting.
  const plain = text.startsWith('>>>') ? text : text.replace(QUOTE, '');
  if (DRAWN.test(plain) && !NO_BORDER.test(plain)) return '';
  const left = LEFT.exec(plain);
  if (!left) return plain;
  const inner = plain.slice(left[0].length).trimEnd();
  return RIGHT.test(inner.at(-1) ?? '') ? inner.slice(0, -1).trimEnd() : inner;
};
