import { type Lang, say, type Text } from '../../common/text.js';
import { type Line, type Span, span, type Tone } from '../lines.js';

/** What stands before a row: a sign where the cursor is, as many blanks elsewhere. */
export const pointer = (here: boolean): Span => span(here ? ' › ' : '   ', 'accent');

/** How a row reads: stronger where the cursor is. */
export const toneOf = (here: boolean): Tone => (here ? 'strong' : 'plain');

/** A short list to choose from, one row each. */
export const choiceRows = (choices: readonly Text[], focus: number, lang: Lang): Line[] =>
  choices.map((choice, i) => [pointer(i === focus), span(say(choice, lang), toneOf(i === focus))]);
