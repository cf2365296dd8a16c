import { DynamoDBWorld } from './dynamodbWorld';
import { RedisWorld } from './redisWorld';
import type { BackendName, World } from './world';

export function openWorld(backend: BackendName): Promise<World> {
  return backend === 'redis' ? RedisWorld.open() : DynamoDBWorld.open();
}
