export { CHROMIUM_MISSING, findChromium } from './chromium';
export { findValkey, startRedis, startValkey, VALKEY_MISSING, type RedisOptions } from './redis';
export { describeRedis, findRedis, REDIS_MISSING, type RedisEngine } from './redisServer';
export { startRedisCluster, type ClusterNode, type RedisCluster } from './redisCluster';
export { startSentinel, type SentinelGroup } from './redisSentinel';
export {
  DYNAMODB_MISSING,
  findDynamoDB,
  localClientConfig,
  startDynamoDB,
  type DynamoDBEngine,
  type DynamoDBOptions,
} from './dynamodb';
export { bundle } from './bundle';
export { startDelayProxy, type DelayProxy } from './delayProxy';
export {
  faultsAtRandom,
  startFaultProxy,
  type Fault,
  type FaultPlan,
  type FaultProxy,
  type FaultRates,
} from './faultProxy';
export { seededRandom } from './random';
export { redisCommand, type Reply } from './resp';
export { TYPESCRIPT } from './typescript';
export { until } from './until';
