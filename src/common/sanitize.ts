/**
 * Removes what a terminal would act on: escape sequences (CSI, OSC, DCS, two-byte), other control characters except tab
 * and line feed, and Unicode's bidirectional overrides. Pasted text is hostile data; every line passes here before it is shown.
 */
export const stripControls = (text: string): string =>
  text
    .replace(
      /\u001B(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|[\]PX^_][^\u0007\u001B]{0,4096}(?:\u0007|\u001B\\)?|[ -/]{0,8}[0-~])/g,
      '',
    )
    .replace(/\u009B[0-?]{0,64}[ -/]{0,8}[@-~]/g, '')
    .replace(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\u200E\u200F]+/g, '');
