import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Endpoint, RetestLoad } from './types.js';

export const urlOf = ({ protocol, host, port }: Endpoint): string =>
  `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;

interface Reply {
  status: number;
  text: string;
  simulated: boolean;
}

/** One HTTP call to the server under test. Null: no answer (refused, cut, too late). A self-signed certificate will do. */
const call = (
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
          if (reply.length < 200_000) reply += chunk;
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

/** GET /health: true when the server calls itself healthy. */
export const isHealthy = async (endpoint: Endpoint, signal: AbortSignal): Promise<boolean> =>
  (await call(endpoint, '/health', { timeoutMs: 2000, signal }))?.status === 200;

const parse = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

/** The sentence of an answer, or of its error, cut to a line. */
const wordsOf = (reply: Reply): string => {
  const json = parse(reply.text);
  const pick = (value: unknown, ...path: (string | number)[]): unknown =>
    path.reduce<unknown>(
      (at, key) => (at && typeof at === 'object' ? (at as Record<string | number, unknown>)[key] : undefined),
      value,
    );
  const found = [
    pick(json, 'choices', 0, 'message', 'content'),
    pick(json, 'choices', 0, 'text'),
    pick(json, 'error', 'message'),
    pick(json, 'message'),
    pick(json, 'detail'),
  ].find(words => typeof words === 'string');
  if (typeof found === 'string') return found.replace(/\s+/g, ' ').slice(0, 200);
  const vector = pick(json, 'data', 0, 'embedding');
  if (Array.isArray(vector)) return `an embedding of ${vector.length} numbers`;
  return reply.text.replace(/\s+/g, ' ').slice(0, 200);
};

export interface RequestOutcome {
  ok: boolean;
  status: number | null;
  detail: string;
  simulated: boolean;
}

interface ServedModel {
  id: string;
  maxModelLen: number | null;
}

/** The first model of GET /v1/models, or the reply that names none. */
const servedModel = async (
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<{ model: ServedModel } | { model: null; reply: Reply | null }> => {
  const reply = await call(endpoint, '/v1/models', { timeoutMs: 10_000, signal });
  const list = reply?.status === 200 ? parse(reply.text)?.data : null;
  const first: unknown = Array.isArray(list) ? list[0] : null;
  const { id, max_model_len } = (first ?? {}) as { id?: unknown; max_model_len?: unknown };
  if (typeof id !== 'string') return { model: null, reply };
  return { model: { id, maxModelLen: typeof max_model_len === 'number' ? max_model_len : null } };
};

/**
 * One real request, as a client would send it: to chat, to completions where the model has no chat template, to
 * embeddings where it generates nothing. `ok` only when an answer with content came back.
 */
export const sendRequest = async (
  endpoint: Endpoint,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<RequestOutcome> => {
  const served = await servedModel(endpoint, signal);
  if (!served.model) {
    const { reply } = served;
    if (reply?.status === 404) return generate(endpoint, { timeoutMs, signal });
    return {
      ok: false,
      status: reply?.status ?? null,
      detail: reply ? wordsOf(reply) : 'no answer to GET /v1/models',
      simulated: reply?.simulated ?? false,
    };
  }
  const model = served.model.id;
  const attempts = [
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 8 }],
    ['/v1/completions', { prompt: 'Hello', max_tokens: 8 }],
    ['/v1/embeddings', { input: 'Hello' }],
  ] as const;
  let last: RequestOutcome | null = null;
  for (const [path, body] of attempts) {
    const reply = await call(endpoint, path, { body: { model, ...body }, timeoutMs, signal });
    const ok = reply?.status === 200 && /"(?:choices|embedding)"/.test(reply.text);
    const outcome = {
      ok,
      status: reply?.status ?? null,
      detail: reply ? `POST ${path}: ${wordsOf(reply)}` : `POST ${path}: no answer`,
      simulated: reply?.simulated ?? false,
    };
    if (ok) return outcome;
    last ??= outcome;
    // Only "this server has no such way in" leads to the next; a failed engine stays failed.
    if (!reply || ![400, 404, 405, 422].includes(reply.status)) return outcome;
  }
  return last!;
};

/** The way in of vLLM's plain demo server (`vllm.entrypoints.api_server`), which knows no models. */
const generate = async (
  endpoint: Endpoint,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<RequestOutcome> => {
  const reply = await call(endpoint, '/generate', { body: { prompt: 'Hello', max_tokens: 8 }, timeoutMs, signal });
  return {
    ok: reply?.status === 200,
    status: reply?.status ?? null,
    detail: reply ? `POST /generate: ${wordsOf(reply)}` : 'POST /generate: no answer',
    simulated: reply?.simulated ?? false,
  };
};

const ANSWER_TOKENS = 16;
/** An ordinary token of any vocabulary: its number is all that a prompt of an exact length needs. */
const SOME_TOKEN = 100;

export interface LoadOutcome {
  ok: boolean;
  sent: number;
  answered: number;
  promptTokens: number;
  detail: string;
}

/** Sends `concurrent` completions at once, with prompts of an exact length in tokens. */
export const sendLoad = async (
  endpoint: Endpoint,
  { concurrent, promptTokens }: RetestLoad,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<LoadOutcome> => {
  const { model } = await servedModel(endpoint, signal);
  const most = Math.max(1, (model?.maxModelLen ?? 2048) - ANSWER_TOKENS);
  const tokens = Math.min(promptTokens ?? most, most);
  const body = {
    model: model?.id,
    prompt: Array<number>(tokens).fill(SOME_TOKEN),
    max_tokens: ANSWER_TOKENS,
    ignore_eos: true,
  };
  const replies = await Promise.all(
    Array.from({ length: concurrent }, () => call(endpoint, '/v1/completions', { body, timeoutMs, signal })),
  );
  const failed = replies.find(reply => reply?.status !== 200);
  const answered = replies.filter(reply => reply?.status === 200).length;
  const detail = failed === undefined ? '' : failed === null ? 'no answer' : `${failed.status}: ${wordsOf(failed)}`;
  return { ok: answered === concurrent, sent: concurrent, answered, promptTokens: tokens, detail };
};
