import { connect, createServer } from 'node:net';

const canListen = (port: number, host: string): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

const ANSWER_MS = 1000;

const isAnswered = (port: number, host: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ port, host, timeout: ANSWER_MS });
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });

/**
 * True when nobody listens there: not on the wildcard addresses (vLLM's default) nor on the loopback, and nobody answers
 * at `host` (a container engine may forward a port on which nobody listens).
 */
export const portIsFree = async (port: number, host = '127.0.0.1'): Promise<boolean> => {
  // One after the other: they exclude each other. Where there is no IPv6 nobody listens on it.
  for (const address of ['0.0.0.0', '127.0.0.1', '::', '::1']) if (!(await canListen(port, address))) return false;
  return !(await isAnswered(port, host));
};

/** Some port of the loopback on which nobody listens. */
export const freeLocalPort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
