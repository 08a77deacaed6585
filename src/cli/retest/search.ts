import { editLaunch, readLaunch } from '../../launch/index.js';
import { type BisectFlag, bisect, MOST_TRIALS, type Trial } from '../../retest/bisect.js';
import { EXIT } from '../exit-codes.js';
import type { RetestRoom } from './room.js';
import { words } from './words.js';

/** Looks for the largest value of one flag with which the command comes up and answers. @returns the exit code */
export const search = async (room: RetestRoom, flag: BisectFlag): Promise<number> => {
  const text = room.settings.command;
  const given = readLaunch(text)?.args[flag.flag.slice(2)];
  const first = typeof given === 'number' && given > 0 ? given : flag.usual;
  const withValue = (value: number) => editLaunch(text, [{ where: 'vllm', flag: flag.flag, to: value }]).text;
  if (!(await room.show(withValue(first), 1, MOST_TRIALS, null))) return EXIT.interrupted;
  const took: number[] = [];
  let simulated = false;
  let useless = false;

  const trial = async (value: number): Promise<Trial> => {
    const command = withValue(value);
    const began = Date.now();
    const result = await room.start(command);
    took.push(Date.now() - began);
    simulated ||= result.simulated ?? false;
    if (result.outcome === 'proven' || room.interrupted) {
      room.record.add(command, result, { value });
      return room.interrupted ? null : { holds: true };
    }
    useless = room.isUseless(result, answer => room.record.add(command, result, { value, answer }));
    if (useless) return null;
    const answer = await room.diagnose([{ name: 're-test', text: [result.log] }], command);
    room.record.add(command, result, { value, answer });
    room.say(words.failed(result, answer, null));
    const hint = flag.flag === '--max-model-len' ? (answer.facts.estimatedMaxModelLen?.value ?? null) : null;
    return { holds: false, hint };
  };

  const found = await bisect(flag, first, trial, ({ next, remaining }) => {
    const each = took.length > 0 ? took.reduce((sum, ms) => sum + ms, 0) / took.length / 1000 : null;
    room.say(words.bisectNext(flag.flag, next, remaining, each));
  });
  room.record.bisect = { flag: flag.flag, holds: found.holds, fails: found.fails };
  if (useless) return EXIT.notEstablished;
  if (found.holds === null) {
    room.say(words.bisectNone(flag.flag));
    return found.stopped ? EXIT.interrupted : EXIT.memoryFailure;
  }
  const command = withValue(found.holds);
  room.conclusion = { outcome: found.stopped ? 'stopped' : 'proven', command };
  room.say(words.bisectDone(flag.flag, found.holds, found.fails, simulated));
  room.sayCommand(command);
  return found.stopped ? EXIT.interrupted : EXIT.ok;
};
