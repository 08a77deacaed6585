import { stripControls } from '../../common/sanitize.js';

/** ESC written out: `#033[`, `\x1b[`, `\u001b[`, `\033[`, `\e[`, `^[[`, and the pictures of it. */
const WRITTEN = /(?:#033|\\x1[bB]|\\u001[bB]|\\033|\\e|\^\[|\u241B|\uFFFD)\[[\d;]{0,12}[A-Za-z]/g;

/** Colour codes that lost their ESC: `[1;36m(`, `[0;0m`, `[K`. */
const ORPHANED = /\[\d{1,3}(?:;\d{1,3}){0,4}m|\[m(?!\w)|\[0?K(?!\w)/g;

/** The line without anything that a terminal would act on, however it is spelled; blanks are plain spaces. */
export const removeControls = (text: string): string =>
  stripControls(text.replace(WRITTEN, '').replace(/[\u00A0\u2007\u202F]/g, ' '))
    .replace(/[\u200B-\u200F\u2028\u2029\u2060\uFEFF\uFFFD]+/g, '')
    .replace(ORPHANED, '');
