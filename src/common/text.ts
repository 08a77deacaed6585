/**
 * Text for people, in every language that the doctor speaks. Knowledge files and code carry both; the choice is made at
 * the very end (report, ui), so everything below stays independent of the language.
 */
export type Lang = 'en' | 'zh-CN';

export interface Text {
  en: string;
  zh: string;
}

/** The text in `lang`. */
export const say = (text: Text, lang: Lang): string => (lang === 'zh-CN' ? text.zh : text.en);

export const isText = (value: unknown): value is Text =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Text).en === 'string' &&
  typeof (value as Text).zh === 'string' &&
  Object.keys(value).length === 2;

/** A copy of `value` in which every {@link Text} is replaced by its string in `lang`: what JSON for scripts prints. */
export const localise = (value: unknown, lang: Lang): unknown => {
  if (isText(value)) return say(value, lang);
  if (Array.isArray(value)) return value.map(item => localise(item, lang));
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, localise(item, lang)]));
  return value;
};

/**
 * Fills `{name}` placeholders; a value in every language goes into each in its own. One without a value stays as it is,
 * so that a gap is seen and not hidden.
 */
export const fill = (template: Text, values: Record<string, string | number | Text>): Text => {
  const put = (text: string, lang: Lang) =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      if (!(name in values)) return whole;
      const value = values[name]!;
      return typeof value === 'object' ? say(value, lang) : String(value);
    });
  return { en: put(template.en, 'en'), zh: put(template.zh, 'zh-CN') };
};
