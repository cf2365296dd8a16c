import { limit as dynamodbLimit } from '../contestants/dynamodb/limit';
import { DYNAMODB_CODECS } from '../contestants/dynamodb/session';
import { limit as redisLimit } from '../contestants/redis/limit';
import { REDIS_CODECS } from '../contestants/redis/session';
import { AWAKE } from '../measure/conditions';
import { figures } from '../report/numbers';
import { historyTable, timesTable, type ByHistory } from '../report/turnTables';
import { openDynamoDB } from './dynamodbArena';
import { measureHistories, type HistoriesPlan } from './measureHistories';
import { openRedis } from './redisArena';
import type { Suite } from './suite';

/** What compression and encryption cost a turn, and what they save. */
export const codecs: Suite = {
  name: 'redis and dynamodb codecs',
  run: async ({ scale, progress }) => {
    const redis = await measured({
      engine: 'Redis, with codecs',
      open: (conditions) => openRedis([redisLimit, ...REDIS_CODECS], conditions),
      rounds: scale.redisRounds,
      progress,
    });
    const dynamodb = await measured({
      engine: 'DynamoDB, with codecs',
      open: (conditions) => openDynamoDB([dynamodbLimit, ...DYNAMODB_CODECS], conditions),
      rounds: scale.dynamodbRounds,
      progress,
    });
    return {
      title: 'Compression and encryption: a turn',
      text:
        'A turn reads the whole history and appends two items, as above. The limit stores plain JSON. What is encrypted is ' +
        '46 bytes longer for each item, and what is bytes goes to DynamoDB as Base64, for which it does not bill.',
      tables: [
        timesTable('A turn on Redis, awake', redis, 'turn'),
        timesTable('Of that, the append', redis, 'append'),
        historyTable(
          'Read + write units of a turn on DynamoDB',
          dynamodb,
          ({ units }) => `${figures(units.read)} + ${figures(units.write)}`,
        ),
        timesTable('A turn on DynamoDB, awake', dynamodb, 'turn'),
      ],
    };
  },
};

async function measured(plan: Omit<HistoriesPlan, 'conditions'>): Promise<ByHistory> {
  const byConditions = await measureHistories({ ...plan, conditions: [AWAKE] });
  return byConditions.get(AWAKE) ?? new Map();
}
