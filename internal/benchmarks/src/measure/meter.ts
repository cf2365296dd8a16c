import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** What DynamoDB bills, so far. */
export interface Units {
  readonly requests: number;
  readonly read: number;
  readonly write: number;
}

export function difference(after: Units, before: Units): Units {
  return {
    requests: after.requests - before.requests,
    read: after.read - before.read,
    write: after.write - before.write,
  };
}

interface Consumed {
  readonly CapacityUnits?: number;
}

/** Adds up the requests that clients send, and the units that DynamoDB says they consumed. */
export class Meter {
  #units: Units = { requests: 0, read: 0, write: 0 };

  get units(): Units {
    return this.#units;
  }

  attach(client: DynamoDBClient): void {
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' });
          const result = await next(args);
          const { ConsumedCapacity: consumed = [] } = result.output as {
            ConsumedCapacity?: Consumed | Consumed[];
          };
          const units = [consumed].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
          const { requests, read, write } = this.#units;
          this.#units = READS.has(commandName)
            ? { requests: requests + 1, read: read + units, write }
            : { requests: requests + 1, read, write: write + units };
          return result;
        },
      { step: 'initialize', name: 'meter' },
    );
  }
}

const READS = new Set(['GetItemCommand', 'QueryCommand', 'BatchGetItemCommand', 'ScanCommand']);
