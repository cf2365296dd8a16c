import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An error of DynamoDB that passes, instead of its answer or of its deed. */
export interface Refusal {
  readonly name: string;
  readonly status: number;
  /** Whether the engine acts all the same. */
  readonly acts: boolean;
}

/** Decides about each request, by its operation: `PutItem`, `Query`... */
export type RefusalPlan = (operation: string) => Refusal | 'part of the batch' | undefined;

export interface RefusingProxy {
  readonly host: string;
  readonly port: number;
  plan: RefusalPlan;
  readonly counts: ReadonlyMap<string, number>;
  /** Requests that came in, whatever became of them. */
  readonly requests: () => number;
  readonly stop: () => Promise<void>;
}

const CONTENT_TYPE = { 'content-type': 'application/x-amz-json-1.0' };

type BatchRequest = { RequestItems: Record<string, unknown[]> };

/** An HTTP proxy before a DynamoDB engine that refuses as DynamoDB does when it is short of something. */
export async function startRefusingProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<RefusingProxy> {
  const agent = new Agent({ keepAlive: true });
  const counts = new Map<string, number>();
  let requests = 0;

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    requests++;
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    const fault = proxy.plan(operation);
    const rest = fault === 'part of the batch' ? splitBatch(operation, body) : undefined;
    const isRefused = typeof fault === 'object';
    if (fault !== undefined && (isRefused || rest)) {
      const name = isRefused ? `${fault.name} ${fault.acts ? 'after' : 'before'} the deed` : fault;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    if (isRefused && !fault.acts) {
      refuse(outgoing, fault);
      return;
    }
    const answered = await forward(incoming, rest?.sent ?? body);
    if (isRefused) {
      refuse(outgoing, fault);
      return;
    }
    const answerBody = rest ? withUnprocessed(answered, rest.held) : answered.body;
    outgoing.writeHead(answered.status, CONTENT_TYPE).end(answerBody);
  };

  const forward = async (incoming: IncomingMessage, body: Buffer): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = { ...incoming.headers, 'content-length': body.length };
      const { method, url } = incoming;
      const options = { host: target.host, port: target.port, method, path: url, headers, agent };
      const onward = request(options, (response) => {
        bodyOf(response).then(
          (answered) => resolve({ status: response.statusCode ?? 500, body: answered }),
          reject,
        );
      });
      onward.on('error', reject).end(body);
    });

  const server = createServer((incoming, outgoing) => {
    // A client that went away half-way, or an engine that is gone: no answer, as from a server that died.
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  server.unref();

  const proxy: RefusingProxy = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    plan: () => undefined,
    counts,
    requests: () => requests,
    stop: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
function refuse(outgoing: ServerResponse, { name, status }: Refusal): void {
  const namespace = 'com.amazonaws.dynamodb.v20120810';
  outgoing
    .writeHead(status, CONTENT_TYPE)
    .end(JSON.stringify({ __type: `${namespace}#${name}`, message: 'refused by the reliability tests' }));
}

/** What DynamoDB does with a batch that is too much for it: it writes some rows, and names the others. */
function splitBatch(
  operation: string,
  body: Buffer,
): { sent: Buffer; held: BatchRequest['RequestItems'] } | undefined {
  if (operation !== 'BatchWriteItem') return undefined;
  const batch = JSON.parse(body.toString()) as BatchRequest;
  const [[table, rows] = ['', []]] = Object.entries(batch.RequestItems);
  if (rows.length < 2) return undefined;
  const half = rows.length >> 1;
  const sent = { ...batch, RequestItems: { [table]: rows.slice(0, half) } };
  return { sent: Buffer.from(JSON.stringify(sent)), held: { [table]: rows.slice(half) } };
}

function withUnprocessed({ body }: Answer, held: BatchRequest['RequestItems']): string {
  return JSON.stringify({ ...(JSON.parse(body.toString()) as object), UnprocessedItems: held });
}
