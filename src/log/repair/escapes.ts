/** Markdown and HTML escapes that a web form or an issue left in the text: `\[core.py:387\]`, `\_`, `&quot;`. */
const MARKDOWN = /\\([[\]_*<>()#`|~{}+!])/g;

const ENTITIES: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&#39;': "'",
  '&#x27;': "'",
  '&apos;': "'",
  '&nbsp;': ' ',
};

export const unescapeText = (text: string): string =>
  text.replace(MARKDOWN, '$1').replace(/&(?:lt|gt|amp|quot|#39|#x27|apos|nbsp);/g, found => ENTITIES[found]!);
