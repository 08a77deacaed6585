import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Endpoint } from './types.js';

export const urlOf = ({ protocol, host, port }: Endpoint): string =>
  `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;

export interface Reply {
  status: number;
  text: string;
  simulated: boolean;
}

/** An embedding of many thousand numbers is whole in it. */
const MOST_CHARS = 2_000_000;

/** One HTTP call to the server under test. Null: no answer (refused, cut, too late). A self-signed certificate will do. */
export const call = (
  endpoint: Endpoint,
  path: string,
  { body, timeoutMs, signal }: { body?: unknown; timeoutMs: number; signal: AbortSignal },
): Promise<Reply | null> =>
  new Promise(resolve => {
    if (signal.aborted) return resolve(null);
    const send = endpoint.protocol === 'https' ? httpsRequest : httpRequest;
    const text = body === undefined ? null : JSON.stringify(body);
    const request = send(
      {
        host: endpoint.host,
        port: endpoint.port,
        path,
        method: text === null ? 'GET' : 'POST',
        agent: false,
        rejectUnauthorized: false,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          ...(text === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...(endpoint.apiKey ? { authorization: `Bearer ${endpoint.apiKey}` } : {}),
        },
      },
      response => {
        let reply = '';
        response.setEncoding('utf8');
        response.on('data', chunk => {
          if (reply.length < MOST_CHARS) reply += chunk;
        });
        response.on('error', () => resolve(null));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: reply,
            simulated: response.headers['x-simulated'] !== undefined,
          }),
        );
      },
    );
    request.on('error', () => resolve(null));
    request.end(text ?? undefined);
  });

/** GET /health: true when the server calls itself healthy. Without the key: it may be anybody's server. */
export const isHealthy = async (endpoint: Endpoint, signal: AbortSignal): Promise<boolean> =>
  (await call({ ...endpoint, apiKey: null }, '/health', { timeoutMs: 2000, signal }))?.status === 200;
