import { createServer, request as send, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer that no engine gives, in place of that of the engine. */
export interface OddAnswer {
  readonly status: number;
  readonly body: string;
  /** Whether the engine gets the request, and acts on it. */
  readonly acts: boolean;
}

export interface AnsweringProxy {
  readonly endpoint: string;
  /** Is asked about each request, by the name of its operation. Takes the place of the last plan for all that follows. */
  plan: (operation: string) => OddAnswer | undefined;
  readonly stop: () => Promise<void>;
}

/** What proxies and load balancers answer in place of a server, which passes requests on until it is given a plan. */
export async function startAnsweringProxy(
  target = process.env.DYNAMODB_ENDPOINT ?? '',
): Promise<AnsweringProxy> {
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (body) => {
      const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '');
      const odd = proxy.plan(operation);
      if (odd?.acts !== false) {
        const passed = send(target, { method: request.method, headers: request.headers });
        const answer = await new Promise<IncomingMessage>((resolve) =>
          passed.on('response', resolve).end(body),
        );
        const actual = await bodyOf(answer);
        if (odd === undefined) {
          response.writeHead(answer.statusCode ?? 0, answer.headers).end(actual);
          return;
        }
      }
      response.writeHead(odd.status, { 'content-type': 'application/x-amz-json-1.0' }).end(odd.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: AnsweringProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plan: () => undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
