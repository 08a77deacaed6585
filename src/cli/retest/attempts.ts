import { changedCommand } from '../../report/render.js';
import { nextAttempt } from '../../retest/next-attempt.js';
import { previewFixes } from '../../session/preview.js';
import type { Answer } from '../../session/types.js';
import { UserError } from '../errors.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { openFile } from '../input.js';
import type { Change, RetestRoom } from './room.js';
import { words } from './words.js';

/** Starts, diagnoses what fails, changes, starts again: until one holds or nothing is left to try. @returns the exit code */
export const attempts = async (
  room: RetestRoom,
  asked: { fixes: string[]; log: string | null; tries: number },
): Promise<number> => {
  const text = room.settings.command;
  const tried = new Set<string>();
  let wanted = asked.fixes;
  let command = text;
  let last: Answer | null = null;
  let change: Change | null = null;

  if (asked.log !== null || wanted.length > 0) {
    const files = asked.log === null ? [] : [await openFile(asked.log)];
    last = await room.diagnose(files, text);
    change = choose(last, wanted, tried);
    if (change) {
      command = change.command;
      wanted = [];
    } else if (asked.log !== null) {
      room.printAnswer(last);
      return wanted.length > 0 ? unknownFix(wanted, last) : exitCodeOf(last.verdict);
    } else {
      room.say(words.firstWithoutLog());
      last = null;
    }
  }
  for (let attempt = 1; attempt <= asked.tries; attempt++) {
    tried.add(command);
    if (!(await room.show(command, attempt, asked.tries, change))) return EXIT.interrupted;
    const result = await room.start(command);
    const note = (answer: Answer | null) =>
      room.record.add(command, result, { fixes: change?.ids, predictedEnough: change?.enough, answer });
    if (result.outcome === 'proven') {
      note(null);
      room.say(words.proven(result, command !== text, room.settings.load !== undefined));
      if (command !== text) room.sayCommand(command);
      return EXIT.ok;
    }
    if (room.interrupted) {
      note(null);
      return EXIT.interrupted;
    }
    if (room.isUseless(result, note)) return EXIT.notEstablished;
    const answer = await room.diagnose([{ name: `re-test ${attempt}`, text: [result.log] }], command);
    note(answer);
    room.say(words.failed(result, answer, last));
    last = answer;
    change = answer.verdict === 'oom' ? choose(answer, wanted, tried) : null;
    if (!change) {
      room.printAnswer(answer);
      if (answer.verdict === 'oom' && wanted.length > 0) return unknownFix(wanted, answer);
      if (answer.verdict === 'oom') room.say(words.noMore());
      // It did not hold, whatever its log says.
      return Math.max(EXIT.memoryFailure, exitCodeOf(answer.verdict));
    }
    wanted = [];
    command = change.command;
  }
  room.say(words.triesOver(asked.tries));
  return EXIT.memoryFailure;
};

/** Fixes asked for by name, else the advised next set; null where there is none that was not tried. */
const choose = (answer: Answer, wanted: string[], tried: ReadonlySet<string>): Change | null => {
  if (!answer.launch) return null;
  if (wanted.length > 0) {
    if (!wanted.every(id => answer.fixes.some(fix => fix.id === id))) return null;
    const changed = changedCommand(answer, wanted);
    return changed && { ...changed, ids: wanted, enough: previewFixes(answer, wanted, null).enough };
  }
  const next = nextAttempt({ ...answer, launchText: answer.launch.text }, tried);
  if (!next) return null;
  const ids = next.fixes.map(fix => fix.id);
  return { command: next.command, diff: next.diff, ids, enough: previewFixes(answer, ids, null).enough };
};

const unknownFix = (wanted: string[], answer: Answer): never => {
  const known = answer.fixes.map(fix => fix.id);
  const ids = wanted.filter(id => !known.includes(id)).join(', ') || wanted.join(', ');
  const names = known.join(', ');
  throw new UserError(
    EXIT.usage,
    {
      en: `--fix ${ids}: no such fix for this failure, or it changes nothing in this command.`,
      zh: `--fix ${ids}：此故障没有这个修复，或者它不改动该命令。`,
    },
    names
      ? { en: `Choose among: ${names}`, zh: `可选：${names}` }
      : { en: 'See vllm-oom-doctor diagnose.', zh: '见 vllm-oom-doctor diagnose。' },
  );
};
