import { fill, type Text } from '../common/text.js';

const WORDS: { from: number; word: Text }[] = [
  { from: 0.75, word: { en: 'likely, {percent} %', zh: '很可能，{percent} %' } },
  { from: 0.4, word: { en: 'possible, {percent} %', zh: '可能，{percent} %' } },
  { from: 0, word: { en: 'unlikely, {percent} %', zh: '可能性小，{percent} %' } },
];

/** `likely, 85 %`: each cause is scored by itself, so the shares need not add up to a hundred. */
export const likeliness = (score: number): Text => {
  const { word } = WORDS.find(({ from }) => score >= from) ?? WORDS.at(-1)!;
  return fill(word, { percent: Math.round(score * 100) });
};
