import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, vi } from 'vitest';
import type { RetestPlan } from '../../src/retest/index.js';

// Each test starts processes; a machine that has much else to do takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

export const BIN = join(import.meta.dirname, '../../fixtures/simulator/bin');

export interface Scenario {
  vllm?: string;
  gpu?: string;
  gpus?: number;
  seconds?: number;
  occupied?: { gpu?: number; gib: number; pid?: number; name?: string }[];
  hangIn?: string;
  ignoreTerm?: boolean;
  crashOnRequest?: number;
  crashOnTokens?: number;
  smiHangs?: boolean;
}

/** A port that nobody used a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const states: string[] = [];
afterAll(() => Promise.all(states.map(state => rm(state, { recursive: true, force: true }))));

/** The environment of a machine that is played, with cards of its own. */
export const simulatedEnv = async (scenario: Scenario): Promise<Record<string, string>> => {
  const state = await mkdtemp(join(tmpdir(), 'simulated-gpu-'));
  states.push(state);
  return {
    PATH: `${BIN}:${process.env.PATH}`,
    VLLM_OOM_DOCTOR_SIMULATOR: JSON.stringify({ seconds: 0.5, ...scenario, state }),
  };
};

/** The plan of a re-test of `vllm serve` on a played machine. */
export const simulatedPlan = async (
  scenario: Scenario,
  args: string[],
  over: Partial<RetestPlan> = {},
): Promise<RetestPlan> => {
  const port = await freePort();
  return {
    via: 'local',
    command: `vllm serve ${args.join(' ')}`,
    timeoutMs: 180_000,
    graceMs: 1500,
    request: true,
    simulated: false,
    start: { file: 'vllm', args: ['serve', ...args, '--port', String(port)], env: await simulatedEnv(scenario) },
    endpoint: { protocol: 'http', host: '127.0.0.1', port, apiKey: null },
    ...over,
  };
};

/** Live processes whose environment holds `text`. */
export const processesWith = (text: string): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        const state = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!;
        return !/^[ZX]/.test(state) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);

const PATIENCE_MS = 120_000;

/** Waits until `condition` holds. @throws when it does not for very long */
export const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
};
