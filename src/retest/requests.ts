import { call, type Reply } from './http.js';
import type { Endpoint, RetestLoad } from './types.js';

interface Limits {
  timeoutMs: number;
  signal: AbortSignal;
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const pick = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (at && typeof at === 'object' ? (at as Record<string | number, unknown>)[key] : undefined),
    value,
  );

/** The sentence of an answer, or of its error, cut to a line. */
const wordsOf = (reply: Reply): string => {
  const json = parse(reply.text);
  const found = [
    pick(json, 'choices', 0, 'message', 'content'),
    pick(json, 'choices', 0, 'text'),
    pick(json, 'text', 0),
    pick(json, 'error', 'message'),
    pick(json, 'message'),
    pick(json, 'detail'),
  ].find(words => typeof words === 'string');
  if (typeof found === 'string') return found.replace(/\s+/g, ' ').slice(0, 200);
  const vector = pick(json, 'data', 0, 'embedding');
  if (Array.isArray(vector)) return `an embedding of ${vector.length} numbers`;
  return reply.text.replace(/\s+/g, ' ').slice(0, 200);
};

/** A choice, an embedding or a text is in it: what merely looks like an answer proves nothing. */
const isAnswer = (reply: Reply): boolean => {
  if (reply.status !== 200) return false;
  const json = parse(reply.text);
  const places = [pick(json, 'choices', 0, 'message'), pick(json, 'choices', 0, 'text')];
  return [...places, pick(json, 'data', 0, 'embedding', 0), pick(json, 'text', 0)].some(
    found => found !== undefined && found !== null,
  );
};

interface ServedModel {
  id: string;
  maxModelLen: number | null;
}

/** What a server says of its models. */
export interface Served {
  models: ServedModel[];
  /** The reply, whatever is in it; null: none came. */
  reply: Reply | null;
}

/** The models of GET /v1/models; none where the reply names none. */
export const servedModels = async (endpoint: Endpoint, signal: AbortSignal): Promise<Served> => {
  const reply = await call(endpoint, '/v1/models', { timeoutMs: 10_000, signal });
  const list = reply?.status === 200 ? pick(parse(reply.text), 'data') : null;
  const models = (Array.isArray(list) ? list : []).flatMap((item: unknown) => {
    const [id, maxModelLen] = [pick(item, 'id'), pick(item, 'max_model_len')];
    return typeof id === 'string' ? [{ id, maxModelLen: typeof maxModelLen === 'number' ? maxModelLen : null }] : [];
  });
  return { models, reply };
};

interface RequestOutcome {
  ok: boolean;
  status: number | null;
  detail: string;
  simulated: boolean;
}

/** The ways in, for a model that has a name. */
const WAYS = [
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 8 }],
  ['/v1/completions', { prompt: 'Hello', max_tokens: 8 }],
  ['/v1/embeddings', { input: 'Hello' }],
] as const;
/** The way in of vLLM's plain demo server (`vllm.entrypoints.api_server`), which knows no models. */
const NAMELESS_WAYS = [['/generate', { prompt: 'Hello', max_tokens: 8 }]] as const;

/**
 * One real request, as a client would send it: to chat, to completions where the model has no chat template, to
 * embeddings where it generates nothing. `ok` only when an answer with content came back.
 */
export const sendRequest = async (
  endpoint: Endpoint,
  { models, reply }: Served,
  { timeoutMs, signal }: Limits,
): Promise<RequestOutcome> => {
  const [model] = models;
  if (!model && reply?.status !== 404)
    return {
      ok: false,
      status: reply?.status ?? null,
      detail: reply ? wordsOf(reply) : 'no answer to GET /v1/models',
      simulated: reply?.simulated ?? false,
    };
  let first: RequestOutcome | null = null;
  for (const [path, asked] of model ? WAYS : NAMELESS_WAYS) {
    const body = model ? { model: model.id, ...asked } : asked;
    const answer = await call(endpoint, path, { body, timeoutMs, signal });
    const outcome = {
      ok: answer !== null && isAnswer(answer),
      status: answer?.status ?? null,
      detail: answer ? `POST ${path}: ${wordsOf(answer)}` : `POST ${path}: no answer`,
      simulated: answer?.simulated ?? false,
    };
    if (outcome.ok) return outcome;
    first ??= outcome;
    // Only "this server has no such way in" leads to the next; a failed engine stays failed.
    if (!answer || ![400, 404, 405, 422].includes(answer.status)) return outcome;
  }
  return first!;
};

const ANSWER_TOKENS = 16;
/** An ordinary token of any vocabulary: its number is all that a prompt of an exact length needs. */
const SOME_TOKEN = 100;

interface LoadOutcome {
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
  { models }: Served,
  { timeoutMs, signal }: Limits,
): Promise<LoadOutcome> => {
  const [model] = models;
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
  const answered = replies.filter(reply => reply !== null && isAnswer(reply)).length;
  const failed = replies.find(reply => reply === null || !isAnswer(reply));
  const detail = failed === undefined ? '' : failed === null ? 'no answer' : `${failed.status}: ${wordsOf(failed)}`;
  return { ok: answered === concurrent, sent: concurrent, answered, promptTokens: tokens, detail };
};
