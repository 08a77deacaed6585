import { fill, type Text } from '../common/text.js';

/** The faults of a launch's text, each with its message. `{name}` placeholders are filled from the problem's details. */
const MESSAGES = {
  'unknown-flag': { en: 'unknown flag {flag}: no vLLM release has it', zh: '未知参数 {flag}：没有任何 vLLM 版本支持' },
  'abbreviated-flag': {
    en: 'abbreviated flag {flag}: short for --{name}',
    zh: '参数 {flag} 是缩写，完整写法为 --{name}',
  },
  'duplicate-flag': { en: 'duplicate flag --{name}: the last one counts', zh: '参数 --{name} 重复：以最后一个为准' },
  'single-dash': { en: 'single dash: {flag}', zh: '{flag} 只有一个短横线' },
  'stray-argument': { en: 'stray argument {argument}', zh: '多余的参数 {argument}' },
  'stray-value': {
    en: 'stray argument {argument}: {flag} takes no value',
    zh: '多余的参数 {argument}:{flag} 不带取值',
  },
  'stray-in-list': {
    en: 'stray argument {argument}: without dashes it is one more value of --{name}',
    zh: '多余的参数 {argument}：缺少短横线，被当作 --{name} 的又一个取值',
  },
  'unresolved-variable': {
    en: 'unresolved variable {name}: its value is not in this text',
    zh: '变量 {name} 无法解析：文本中没有它的值',
  },
  'unresolved-expression': {
    en: 'unresolved variable {name} in {source}: its value is not in this text',
    zh: '{source} 中的变量 {name} 无法解析：文本中没有它的值',
  },
  placeholder: { en: 'placeholder {text} is still to be filled in', zh: '占位符 {text} 尚未填写' },
  'invalid-json': { en: 'invalid JSON for --{name}: {text}', zh: '--{name} 的 JSON 无效：{text}' },
  'broken-continuation-after': {
    en: 'broken continuation: {what} after the {mark}',
    zh: '续行失效：{mark} 之后还有内容',
  },
  'broken-continuation': {
    en: 'broken continuation: lines without {mark} at their end',
    zh: '续行失效：行末缺少 {mark}',
  },
  'not-ascii-dash': { en: 'not an ASCII dash: {text}', zh: '不是 ASCII 短横线：{text}' },
  'typographic-quotes': {
    en: 'typographic quotes: {text} quotes nothing for a shell or JSON',
    zh: '排版引号（typographic quotes）：{text} 对 shell 和 JSON 不起引号作用',
  },
  'glued-list-item': { en: 'flag and value in one list item: {text}', zh: '参数与取值写在同一个列表项中：{text}' },
  'folded-backslash': {
    en: 'backslash inside a folded YAML string: the lines are joined anyway, and it escapes the blank behind it',
    zh: 'YAML 折叠字符串中的反斜杠：各行本来就会拼接，反斜杠反而转义了其后的空格',
  },
  'flag-before-image': {
    en: 'vLLM flag before the image name: --{name} goes to docker, not to vLLM',
    zh: 'vLLM 参数写在镜像名之前：--{name} 被交给 docker 而不是 vLLM',
  },
  'variable-in-json-form': {
    en: 'variable in a JSON-form CMD is not expanded: {text}',
    zh: 'JSON 形式的 CMD 不会展开变量：{text}',
  },
  'several-launches': {
    en: 'several vLLM launches in one text: {count}; the first one counts',
    zh: '文本中有 {count} 个 vLLM 启动命令：以第一个为准',
  },
  'invalid-yaml': { en: 'invalid YAML: {text}', zh: 'YAML 无效：{text}' },
} satisfies Record<string, Text>;

/** What a fault is called in JSON and in tests. */
export type ProblemCode = keyof typeof MESSAGES;

/** A fault found while reading, at an offset of the user's text. */
export interface Problem {
  code: ProblemCode;
  at: number;
  details: Record<string, string | number>;
}

/** Longest piece of the user's text that a message repeats. */
const MAX_QUOTE = 200;

/** A fault at an offset of the user's text. `details` fill its message; long ones are cut. */
export const problem = (code: ProblemCode, at: number, details: Record<string, string | number> = {}): Problem => ({
  code,
  at,
  details: Object.fromEntries(
    Object.entries(details).map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, MAX_QUOTE) : value]),
  ),
});

/** A variable that is given from outside the text: its bare name, and the expression around it where there is one. */
export const unresolved = (name: string, source: string, at: number): Problem =>
  source === name || source === `$${name}`
    ? problem('unresolved-variable', at, { name })
    : problem('unresolved-expression', at, { name, source });

/** The message of a fault, in every language. */
export const problemText = ({ code, details }: Problem): Text => fill(MESSAGES[code], details);
