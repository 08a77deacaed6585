import type { Text } from '../../common/text.js';

interface Binding {
  /** Names of keys as the decoder gives them; single characters act only outside text fields. */
  keys: string[];
  /** As it is written in the footer and the help. */
  shown: string;
  label: Text;
}

/** Every key of the wizard, in one place. Screens say which of these actions they take, and handle them. */
const BINDINGS = {
  next: { keys: ['enter'], shown: 'Enter', label: { en: 'go on', zh: '继续' } },
  back: { keys: ['escape'], shown: 'Esc', label: { en: 'back', zh: '返回' } },
  up: { keys: ['up', 'k'], shown: '↑', label: { en: 'up', zh: '上移' } },
  down: { keys: ['down', 'j'], shown: '↑↓', label: { en: 'walk', zh: '移动' } },
  pageUp: { keys: ['pageup', 'ctrl+b'], shown: 'PgUp', label: { en: 'a page up', zh: '上一页' } },
  pageDown: { keys: ['pagedown', 'ctrl+f'], shown: 'PgDn', label: { en: 'a page down', zh: '下一页' } },
  first: { keys: ['home', 'g'], shown: 'Home', label: { en: 'to the beginning', zh: '到开头' } },
  last: { keys: ['end', 'G'], shown: 'End', label: { en: 'to the end', zh: '到末尾' } },
  toggle: { keys: [' '], shown: 'Space', label: { en: 'select', zh: '选择' } },
  complete: { keys: ['tab'], shown: 'Tab', label: { en: 'complete', zh: '补全' } },
  machine: { keys: ['ctrl+l'], shown: 'Ctrl+L', label: { en: 'look on this machine', zh: '查看本机' } },
  nothing: { keys: ['ctrl+n'], shown: 'Ctrl+N', label: { en: 'nothing crashed', zh: '没有崩溃' } },
  startOver: { keys: ['ctrl+u'], shown: 'Ctrl+U', label: { en: 'start over', zh: '重新开始' } },
  add: { keys: ['a'], shown: 'a', label: { en: 'add a file', zh: '再加一个文件' } },
  yes: { keys: ['y'], shown: 'y', label: { en: 'yes', zh: '是' } },
  no: { keys: ['n'], shown: 'n', label: { en: 'no', zh: '否' } },
  forget: { keys: ['x', 'delete'], shown: 'x', label: { en: 'take back', zh: '撤销更正' } },
  context: { keys: ['o'], shown: 'o', label: { en: 'show in log', zh: '在日志中查看' } },
  search: { keys: ['/'], shown: '/', label: { en: 'search', zh: '搜索' } },
  searchNext: { keys: ['n'], shown: 'n', label: { en: 'next hit', zh: '下一处' } },
  command: { keys: ['d'], shown: 'd', label: { en: 'whole command', zh: '完整命令' } },
  advised: { keys: ['a'], shown: 'a', label: { en: 'as advised', zh: '恢复建议' } },
  via: { keys: ['v'], shown: 'v', label: { en: 'where', zh: '切换位置' } },
  stop: { keys: ['s'], shown: 's', label: { en: 'stop', zh: '停止' } },
  load: { keys: ['l'], shown: 'l', label: { en: 'load', zh: '负载' } },
  skip: { keys: ['x'], shown: 'x', label: { en: 'without a re-test', zh: '不复测' } },
  bisect: { keys: ['b'], shown: 'b', label: { en: 'find the largest value', zh: '查找最大值' } },
  copy: { keys: ['c'], shown: 'c', label: { en: 'copy the command', zh: '复制命令' } },
  write: { keys: ['w'], shown: 'w', label: { en: 'write it to a file', zh: '写入文件' } },
  report: { keys: ['r'], shown: 'r', label: { en: 'write the report', zh: '写出报告' } },
  language: { keys: ['ctrl+t'], shown: 'Ctrl+T', label: { en: '中文', zh: 'English' } },
  help: { keys: ['?'], shown: '?', label: { en: 'keys', zh: '按键' } },
  quit: { keys: ['q', 'ctrl+c', 'hangup'], shown: 'q', label: { en: 'leave', zh: '退出' } },
} satisfies Record<string, Binding>;

/** What a key does; which keys, only the table above knows. */
export type Action = keyof typeof BINDINGS;

/** The keys of an action and its name. */
export const bindingOf = (action: Action): Binding => BINDINGS[action];

/** The first of `actions` that this key means; in a text field characters are text. */
export const actionOf = (key: string, actions: readonly Action[], inField: boolean): Action | null =>
  actions.find(action => {
    const { keys }: Binding = BINDINGS[action];
    return keys.includes(key) && !(inField && [...key].length === 1);
  }) ?? null;

const NAMES: Record<string, string> = {
  ' ': 'Space',
  up: '↑',
  down: '↓',
  enter: 'Enter',
  escape: 'Esc',
  tab: 'Tab',
  home: 'Home',
  end: 'End',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  delete: 'Del',
};

/** All keys of an action as they are written on them; a terminal that hangs up is none. */
export const keyNames = (action: Action): string[] =>
  BINDINGS[action].keys
    .filter(key => key !== 'hangup')
    .map(key => NAMES[key] ?? key.replace(/^ctrl\+(.)$/, (_, char: string) => `Ctrl+${char.toUpperCase()}`));
