/** Frames that a viewer drew around the lines (k9s, Rich, snakemake, notebooks) and marks of quoting. */
const BORDER = /^[\s─━═╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣+=-]*[─━═╭╮╰╯┌┐└┘╔╗╚╝][\s─━═╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝]*$/;
const SIDES = /^\s{0,8}[│┃║▎▏▌▍▐]\s?(.*?)\s*[│┃║]?\s*$/;
const QUOTE = /^(?:\s{0,3}>(?!>>)\s?){1,4}/;

/** The line without box sides and quote marks; an empty string for a line that only draws a border. */
export const removeBox = (text: string): string => {
  // Python's prompt >>> and a shell's redirection are no quoting.
  const plain = text.startsWith('>>>') ? text : text.replace(QUOTE, '');
  if (BORDER.test(plain)) return '';
  return SIDES.exec(plain)?.[1] ?? plain;
};
