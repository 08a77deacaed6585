import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : /\.tsx?$/.test(name) ? [path] : [];
  });

/** Rooms from the bottom up; a room may import its own level's listed neighbours and everything below. */
const levels: string[][] = [
  ['common'],
  ['facts', 'log', 'launch', 'probe/parsers', 'knowledge'],
  ['probe', 'budget'],
  ['diagnosis', 'plan'],
  ['session', 'retest'],
  ['report', 'ui'],
  ['cli'],
];
const levelOf = (room: string) => levels.findIndex(level => level.includes(room));
const roomOf = (file: string) => {
  const path = relative(src, file);
  return path.startsWith('probe/parsers') ? 'probe/parsers' : path.split('/')[0]!;
};

const imports = filesBelow(src).flatMap(file =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from\s+|import\(\s*|import\s+)'([^']+)'/g)].map(match => ({
    file,
    target: match[1]!,
    room: roomOf(file),
  })),
);

test('imports go one way, from the command line down to the readers of text', () => {
  const wrong = imports
    .filter(({ target }) => target.startsWith('.'))
    .map(({ file, target, room }) => ({ file, room, to: roomOf(resolve(dirname(file), target)) }))
    .filter(({ room, to }) => levelOf(room) < 0 || levelOf(to) < 0 || levelOf(to) > levelOf(room));
  expect(wrong.map(({ file, to }) => `${relative(src, file)} -> ${to}`)).toEqual([]);
});

test('only ui knows React and Ink', () => {
  const wrong = imports.filter(({ room, target }) => room !== 'ui' && /^(react|ink|chalk)(\/|$)/.test(target));
  expect(wrong.map(({ file, target }) => `${relative(src, file)} -> ${target}`)).toEqual([]);
});

test('only the rooms at the edge touch files and processes', () => {
  const mayTouch = new Set(['probe', 'retest', 'session', 'cli', 'knowledge', 'ui']);
  const io = /^(node:)?(fs|fs\/promises|child_process|net|http|https|worker_threads)$|^execa$|^systeminformation$/;
  const wrong = imports.filter(({ room, target }) => !mayTouch.has(room) && io.test(target));
  expect(wrong.map(({ file, target }) => `${relative(src, file)} -> ${target}`)).toEqual([]);
});

test('the simulator knows nothing of the doctor', () => {
  const simulator = resolve(src, '../fixtures/simulator');
  const files = readdirSync(simulator, { recursive: true, encoding: 'utf8' }).filter(name => /\.m?js$/.test(name));
  expect(files.length).toBeGreaterThan(0);
  const wrong = files.filter(name => /from\s+'[^']*src\//.test(readFileSync(join(simulator, name), 'utf8')));
  expect(wrong).toEqual([]);
});
