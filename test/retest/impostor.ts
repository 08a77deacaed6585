import { createServer } from 'node:http';

export interface Impostor {
  /** Paths, in their order. */
  asked: string[];
  /** Keys that it was told. */
  keys: string[];
  close(): void;
}

/** A server that answers like a vLLM that serves `model`, on the loopback from the next moment on. */
export const impostor = (model: string, port: number): Impostor => {
  const asked: string[] = [];
  const keys: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    if (request.headers.authorization) keys.push(request.headers.authorization);
    const answer = { choices: [{ message: { content: 'x' } }] };
    const body = request.url === '/v1/models' ? { data: [{ id: model }] } : answer;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(port, '127.0.0.1');
  return {
    asked,
    keys,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
