import { connectDynamoDB } from './dynamodbConnection';
import { connectRedis } from './redisConnection';
import type { BackendName, Connection } from './world';

/** @param address As a world gives it. */
export async function connectTo(backend: BackendName, address: string): Promise<Connection> {
  if (backend === 'redis') return connectRedis(Number(address));
  const [endpoint = '', tableName = ''] = address.split(' ');
  return Promise.resolve(connectDynamoDB(endpoint, tableName));
}
