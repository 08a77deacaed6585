/**
 * Calculations in knowledge files: `requestedGiB > 2 * freeGiB && gpuMemoryUtilization >= 0.95`.
 * Numbers, names, + - * / ( ), comparisons, && || and min() max() abs(). A name without a value makes what depends on it
 * unknown (null); unknown never decides, but `false && unknown` is false and `true || unknown` is true.
 */
export type Value = number | boolean | null;
export type Lookup = (name: string) => number | null;

type Node =
  | { kind: 'number'; value: number }
  | { kind: 'name'; name: string }
  | { kind: 'call'; name: string; args: Node[] }
  | { kind: 'unary'; operator: '-' | '!'; operand: Node }
  | { kind: 'binary'; operator: string; left: Node; right: Node };

/** A calculation, parsed once; `names` are the figures that it asks for. */
export interface Expression {
  source: string;
  names: string[];
  evaluate(lookup: Lookup): Value;
}

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z_]\w*|&&|\|\||[<>=!]=|[<>!+\-*/(),])/y;

/** Operators by how tightly they bind, loosest first. */
const LEVELS = [['||'], ['&&'], ['<', '<=', '>', '>=', '==', '!='], ['+', '-'], ['*', '/']];

const FUNCTIONS: Record<string, (...values: number[]) => number> = { min: Math.min, max: Math.max, abs: Math.abs };

const tokenise = (source: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw new SyntaxError(`"${source}": not understood from "${source.slice(at).trim().slice(0, 20)}"`);
    tokens.push(match[1]!);
  }
  return tokens;
};

/** @throws SyntaxError that quotes the calculation and says where it is not understood */
export const parseExpression = (source: string): Expression => {
  const tokens = tokenise(source);
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(
      `"${source}": ${at < tokens.length ? `"${tokens[at]}" is out of place` : 'it ends too early'}`,
    );
  };
  const take = (token: string) => (tokens[at] === token ? ++at : fail());

  const primary = (): Node => {
    const token = tokens[at];
    if (token === undefined) return fail();
    if (token === '-' || token === '!') {
      at++;
      return { kind: 'unary', operator: token, operand: primary() };
    }
    if (token === '(') {
      at++;
      const inner = level(0);
      take(')');
      return inner;
    }
    if (/^\d/.test(token)) {
      at++;
      return { kind: 'number', value: Number(token) };
    }
    if (!/^[A-Za-z_]/.test(token)) return fail();
    at++;
    if (tokens[at] !== '(') return { kind: 'name', name: token };
    if (!Object.hasOwn(FUNCTIONS, token)) throw new SyntaxError(`"${source}": there is no function ${token}()`);
    at++;
    const args = [level(0)];
    while (tokens[at] === ',') {
      at++;
      args.push(level(0));
    }
    take(')');
    return { kind: 'call', name: token, args };
  };

  const level = (depth: number): Node => {
    const operators = LEVELS[depth];
    if (!operators) return primary();
    let left = level(depth + 1);
    while (tokens[at] !== undefined && operators.includes(tokens[at]!)) {
      const operator = tokens[at++]!;
      left = { kind: 'binary', operator, left, right: level(depth + 1) };
    }
    return left;
  };

  const root = level(0);
  if (at < tokens.length) fail();
  return { source, names: [...new Set(namesOf(root))], evaluate: lookup => evaluate(root, lookup) };
};

const namesOf = (node: Node): string[] => {
  switch (node.kind) {
    case 'number':
      return [];
    case 'name':
      return [node.name];
    case 'call':
      return node.args.flatMap(namesOf);
    case 'unary':
      return namesOf(node.operand);
    case 'binary':
      return [...namesOf(node.left), ...namesOf(node.right)];
  }
};

const evaluate = (node: Node, lookup: Lookup): Value => {
  switch (node.kind) {
    case 'number':
      return node.value;
    case 'name':
      return lookup(node.name);
    case 'call': {
      const values = node.args.map(arg => evaluate(arg, lookup));
      return values.every(value => typeof value === 'number') ? FUNCTIONS[node.name]!(...values) : null;
    }
    case 'unary': {
      const value = evaluate(node.operand, lookup);
      if (node.operator === '!') return typeof value === 'boolean' ? !value : null;
      return typeof value === 'number' ? -value : null;
    }
    case 'binary':
      return binary(node.operator, evaluate(node.left, lookup), evaluate(node.right, lookup));
  }
};

const binary = (operator: string, left: Value, right: Value): Value => {
  if (operator === '&&')
    return left === false || right === false ? false : left === true && right === true ? true : null;
  if (operator === '||')
    return left === true || right === true ? true : left === false && right === false ? false : null;
  if (typeof left !== 'number' || typeof right !== 'number') return null;
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? null : left / right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '==':
      return left === right;
    default:
      return left !== right;
  }
};
