import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { home } from '../common/home.js';
import { maskDeep } from '../common/mask-deep.js';
import type { SessionRecord } from './record.js';

/**
 * Where sessions lie: `VLLM_OOM_DOCTOR_STATE`, else `vllm-oom-doctor` in the XDG state directory
 * (`$XDG_STATE_HOME`, `~/.local/state`).
 */
export const stateDirectory = (env: NodeJS.ProcessEnv = process.env): string =>
  env.VLLM_OOM_DOCTOR_STATE || join(env.XDG_STATE_HOME || join(home(), '.local', 'state'), 'vllm-oom-doctor');

export const sessionsDirectory = (): string => join(stateDirectory(), 'sessions');

const pad = (value: number) => String(value).padStart(2, '0');

/** Sorts by time and is short enough to type: `20261121-0203-k3f9`. Local time, as the user's clock shows it. */
export const newSessionId = (now: Date): string => {
  const date = `${now.getFullYear()}${pad(now.getMonth() + 1)}${pad(now.getDate())}`;
  return `${date}-${pad(now.getHours())}${pad(now.getMinutes())}-${randomBytes(2).toString('hex')}`;
};

/**
 * Writes the record, secrets masked, readable by its owner alone; a reader sees the old file or the new, never half. A
 * failure leaves no draft behind.
 * Apart from the reading of sessions, whose checks are large and not needed for a new one.
 */
export const saveRecord = (record: SessionRecord, directory: string = sessionsDirectory()): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, `.${record.id}.${process.pid}`);
  try {
    writeFileSync(draft, JSON.stringify(maskDeep(record)), { mode: 0o600 });
    // A draft left by a killed process keeps its old mode when it is written again.
    chmodSync(draft, 0o600);
    renameSync(draft, join(directory, `${record.id}.json`));
  } catch (error) {
    // Half a draft would fill what little space is left.
    rmSync(draft, { force: true });
    throw error;
  }
};
