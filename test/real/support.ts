import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** A port that nobody used a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Starts the bundled doctor, as a user does, without a terminal. */
export const doctor = (
  args: string[],
  env: NodeJS.ProcessEnv,
): { child: ChildProcess; seen: () => string; done: Promise<Ended> } => {
  const cli = process.env.REAL_DOCTOR;
  if (!cli) throw new Error('REAL_DOCTOR is not set: run these tests with npm run test:real');
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', chunk => {
    out += chunk;
  });
  child.stderr.on('data', chunk => {
    err += chunk;
  });
  const done = new Promise<Ended>(resolve => child.on('close', code => resolve({ code, out, err })));
  return { child, seen: () => out + err, done };
};

/** For a machine that has much else to do. */
const PATIENCE_MS = 300_000;

/** Waits until `condition` holds. @throws when it does not for very long */
export const until = async (what: string, condition: () => boolean): Promise<void> => {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
};
