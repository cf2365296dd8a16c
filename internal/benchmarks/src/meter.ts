import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface Reading {
  readonly requests: number;
  /** Read and write capacity units. */
  readonly units: number;
}

/** Counts what the client sends and what DynamoDB says it consumed. */
export function meter(client: DynamoDBClient): () => Reading {
  let requests = 0;
  let units = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' });
      const result = await next(args);
      requests++;
      const { ConsumedCapacity: consumed } = result.output as {
        ConsumedCapacity?: { CapacityUnits?: number } | { CapacityUnits?: number }[];
      };
      for (const { CapacityUnits = 0 } of [consumed ?? []].flat()) units += CapacityUnits;
      return result;
    },
    { step: 'initialize', name: 'meter' },
  );
  return () => ({ requests, units });
}
