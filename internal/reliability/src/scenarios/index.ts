import { abortedCalls } from './abortedCalls';
import { hotSession, manySessions } from './crowds';
import { expiryOnDynamoDB } from './expiryOnDynamoDB';
import { expiryOnRedis } from './expiryOnRedis';
import { killedWriters } from './killedWriters';
import { brokenNetwork, lostAnswers } from './network';
import {
  forgetfulServer,
  killedServer,
  refusingServer,
  refusingServerForLong,
  silentServer,
} from './redisServer';
import { redisSchedules } from './redisSchedules';
import { refusingDynamoDB, refusingDynamoDBForLong } from './refusingDynamoDB';
import { longLife } from './longLife';
import type { Scenario } from './scenario';

export const SCENARIOS: readonly Scenario[] = [
  lostAnswers,
  brokenNetwork,
  forgetfulServer,
  refusingServer,
  refusingServerForLong,
  silentServer,
  killedServer,
  refusingDynamoDB,
  refusingDynamoDBForLong,
  killedWriters,
  abortedCalls,
  manySessions,
  hotSession,
  expiryOnRedis,
  expiryOnDynamoDB,
  longLife,
  redisSchedules,
];
