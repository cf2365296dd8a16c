import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

interface Request {
  /** As the SDK calls it, without `Command`. */
  readonly name: string;
  readonly input: Record<string, unknown>;
}

interface Answer {
  readonly output: { ConsumedCapacity?: Capacity | Capacity[] };
}

interface Capacity {
  CapacityUnits?: number;
}

/** Handles a request instead of the client: `send` lets it through. */
type Hook = (request: Request, send: () => Promise<Answer>) => Promise<Answer>;

/** Puts `hook` around every request of the client, outside of the SDK's own retries. */
export function intercept(client: DynamoDBClient, hook: Hook): () => void {
  const name = `hook-${Math.random()}`;
  client.middlewareStack.add(
    (next, context) => async (args) =>
      (await hook(
        {
          name: String(context.commandName).replace(/Command$/, ''),
          input: args.input as unknown as Record<string, unknown>,
        },
        () => next(args) as Promise<Answer>,
      )) as never,
    { step: 'initialize', name },
  );
  return () => void client.middlewareStack.remove(name);
}

/** Whether it puts the row of a commit, or a tombstone, and no chunk. */
export function putsRow({ name, input }: Request): boolean {
  const { row } = (input.Item ?? {}) as { row?: { S?: string } };
  return name === 'PutItem' && row?.S?.startsWith('log#') === true;
}

/** Counts the requests that `action` makes through this client, and the capacity that they consume. */
export async function measure(
  client: DynamoDBClient,
  action: () => Promise<unknown>,
): Promise<{ requests: string[]; units: number }> {
  const requests: string[] = [];
  let units = 0;
  const stop = intercept(client, async ({ name, input }, send) => {
    requests.push(name);
    input.ReturnConsumedCapacity = 'TOTAL';
    const answer = await send();
    for (const { CapacityUnits = 0 } of [answer.output.ConsumedCapacity ?? []].flat()) units += CapacityUnits;
    return answer;
  });
  try {
    await action();
  } finally {
    stop();
  }
  return { requests, units };
}

/** What the SDK throws when a connection breaks. */
export function connectionReset(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}

/** What the SDK throws when a connection breaks in the midst of a refusal. */
export function cutOffRefusal(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET', $metadata: { httpStatusCode: 400 } });
}

/** What the server answers, as the SDK throws it. */
export function refusal(name: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(`${name} says no`), {
    name,
    $metadata: { httpStatusCode },
    $fault: 'client',
  });
}

/** As far as the store can tell, a process that dies: what fails for a bug is not sent again. */
export class Crash extends TypeError {}
