import type { Message } from '../../knowledge/messages.js';
import type { MessageMatch } from '../match/matcher.js';
import type { Phase, StackTrace } from '../types.js';
import { phaseOfFrames, runsModel } from './phase-of-frames.js';
import type { PhaseTracker } from './phase-tracker.js';

/** A failure as it came, before it is known which one decides. */
interface Failure {
  phase: Phase;
  /** Certain (the message or its traceback says so) or only the last landmark. */
  certain: boolean;
  ofMemory: boolean;
}

/** Errors that only report that something else failed. */
const WRAPPER_ERROR =
  /Engine core initialization failed|EngineDeadError|WorkerProc initialization failed|Engine process failed|See root cause above|SystemExit|KeyboardInterrupt|CancelledError|Engine loop is not running|Background loop|ChildFailedError|ActorDiedError|RayActorError/;

/** "... while processing method determine_num_available_blocks": the envelope names the work. */
export const phaseOfMethod = (matches: MessageMatch[]): Phase | null => {
  for (const { values } of matches)
    if (typeof values.method === 'string') return phaseOfFrames([{ file: '', function: values.method, line: 0 }]);
  return null;
};

/**
 * Decides in which phase a run failed. A message that is always raised in one phase says it; else the functions of its
 * traceback, which may be printed before or after it; else the method that an envelope names; else the last landmark.
 */
export class FailurePhase {
  private decisive: Failure | null = null;
  /** Failures by process whose phase the traceback that is still being printed may correct. */
  private readonly open = new Map<string, Failure>();

  constructor(private readonly landmarks: PhaseTracker) {}

  /** Null while nothing has failed. */
  get phase(): Phase | null {
    return this.decisive?.phase ?? null;
  }

  /** `frames`: those already printed of the traceback of the same process; `method`: see {@link phaseOfMethod}. */
  failure(message: Message, process: string | undefined, frames: StackTrace['frames'], method: Phase | null): void {
    const told = message.phase ?? phaseOfFrames(frames) ?? method;
    const failure: Failure = {
      phase: told ?? this.fromLandmarks(process, frames),
      certain: told !== null,
      ofMemory: message.shortOf !== undefined,
    };
    this.decide(failure);
    if (!failure.certain) this.open.set(process ?? '', failure);
  }

  /** An envelope names the phase without naming the failure. */
  envelope(phase: Phase): void {
    this.decide({ phase, certain: true, ofMemory: this.decisive?.ofMemory ?? false });
  }

  /** A traceback is complete. */
  trace({ frames, error, process }: StackTrace): void {
    const phase = phaseOfFrames(frames);
    const failure = this.open.get(process ?? '');
    if (phase && failure) {
      this.open.delete(process ?? '');
      failure.phase = phase;
      failure.certain = true;
      if (this.decisive !== failure) this.decide(failure);
    } else if (phase && !WRAPPER_ERROR.test(error)) {
      // A trace whose error is no known message still tells where it failed.
      this.envelope(phase);
    } else if (!this.decisive && runsModel(frames)) {
      this.decide({ phase: this.fromLandmarks(process, frames), certain: false, ofMemory: false });
    }
  }

  /** By the last landmark; a model that runs forward has been loaded, whatever the last landmark says. */
  private fromLandmarks(process: string | undefined, frames: StackTrace['frames']): Phase {
    const phase = this.landmarks.at(process);
    return runsModel(frames) && (phase === 'config' || phase === 'device-init' || phase === 'load') ? 'profile' : phase;
  }

  /** A memory failure decides over another failure, a certain phase over a guessed one, the first over later ones. */
  private decide(failure: Failure): void {
    const held = this.decisive;
    const isBetter = held && failure.ofMemory === held.ofMemory ? failure.certain && !held.certain : failure.ofMemory;
    if (!held || isBetter) this.decisive = failure;
  }
}
