/** A line being typed: its text and the place of the cursor in characters. */
export interface TextField {
  text: string;
  cursor: number;
}

/** Nothing typed. */
export const emptyField: TextField = { text: '', cursor: 0 };
/** A field that holds a text, the cursor at its end. */
export const fieldWith = (text: string): TextField => ({ text, cursor: [...text].length });

/** Nothing that belongs in a field is longer; a paste into one is cut. */
const LONGEST = 20_000;

/** The field after a text was typed or pasted at the cursor; line breaks become blanks. */
export const typeText = (field: TextField, text: string): TextField => {
  const chars = [...field.text];
  const typed = [...text.replace(/[\r\n]+/g, ' ').slice(0, LONGEST)];
  chars.splice(field.cursor, 0, ...typed);
  return { text: chars.join(''), cursor: field.cursor + typed.length };
};

/** The field after an editing key, or null when the key does not edit. */
export const editKey = (field: TextField, key: string): TextField | null => {
  const chars = [...field.text];
  const { cursor } = field;
  switch (key) {
    case 'backspace':
      if (cursor > 0) chars.splice(cursor - 1, 1);
      return { text: chars.join(''), cursor: Math.max(0, cursor - 1) };
    case 'delete':
      chars.splice(cursor, 1);
      return { text: chars.join(''), cursor };
    case 'left':
      return { ...field, cursor: Math.max(0, cursor - 1) };
    case 'right':
      return { ...field, cursor: Math.min(chars.length, cursor + 1) };
    case 'home':
    case 'ctrl+a':
      return { ...field, cursor: 0 };
    case 'end':
    case 'ctrl+e':
      return { ...field, cursor: chars.length };
    case 'ctrl+u':
      return emptyField;
    case 'ctrl+k':
      return { text: chars.slice(0, cursor).join(''), cursor };
    case 'ctrl+w': {
      const before = chars
        .slice(0, cursor)
        .join('')
        .replace(/\S*\s*$/, '');
      return { text: before + chars.slice(cursor).join(''), cursor: [...before].length };
    }
    default:
      return null;
  }
};
