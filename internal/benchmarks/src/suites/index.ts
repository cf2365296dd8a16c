import { DYNAMODB_CONTESTANTS } from '../contestants/dynamodb';
import { REDIS_CONTESTANTS } from '../contestants/redis';
import { AWAKE } from '../measure/conditions';
import { ITEMS_PER_TURN } from '../workload/turns';
import { codecs } from './codecs';
import { compression } from './compression';
import { crowd } from './crowd';
import { openDynamoDB } from './dynamodbArena';
import { dynamodbConversation } from './dynamodbConversation';
import { dynamodbTurns } from './dynamodbTurns';
import { lastItems } from './lastItems';
import { packages } from './packages';
import { openRedis } from './redisArena';
import { redisGrowth } from './redisGrowth';
import { redisMemory } from './redisMemory';
import { redisRejected } from './redisRejected';
import { redisTurns } from './redisTurns';
import { serverTime } from './serverTime';
import type { Suite } from './suite';
import { throughput } from './throughput';
import { twoWriters } from './twoWriters';

const redis = () => openRedis(REDIS_CONTESTANTS, AWAKE);
const dynamodb = () => openDynamoDB(DYNAMODB_CONTESTANTS, AWAKE);

/** In the order of the page. */
export const SUITES: readonly Suite[] = [
  redisTurns,
  redisGrowth,
  serverTime,
  lastItems('Redis', redis),
  throughput('Redis', redis),
  twoWriters('Redis', redis),
  crowd('Redis', redis),
  redisMemory,
  redisRejected,
  dynamodbTurns,
  dynamodbConversation,
  lastItems('DynamoDB', dynamodb, [ITEMS_PER_TURN, 25]),
  throughput('DynamoDB', dynamodb),
  twoWriters('DynamoDB', dynamodb),
  crowd('DynamoDB', dynamodb),
  compression,
  codecs,
  packages,
];
