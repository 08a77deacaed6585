import type { NewFlag } from '../text/layout.js';
import type { ArgValue } from '../types.js';
import type { Argument } from './argument.js';
import { valueText } from './values.js';

/** The flag as a new one is written beside the others: dashes unless all are underscored, `=` as the last with a value. */
export const newFlag = (name: string, value: ArgValue, args: Argument[], prefix = ''): NewFlag => {
  const spelled = args.flatMap(arg => arg.style.dashes ?? []);
  const underscored = spelled.length > 0 && spelled.every(dashes => !dashes);
  const plain = value === false ? `no-${name}` : name;
  return {
    flag: `--${prefix}${underscored ? plain.replaceAll('-', '_') : plain}`,
    value: typeof value === 'boolean' ? null : valueText(value),
    joined: args.findLast(arg => arg.style.joined !== null)?.style.joined ?? false,
  };
};
