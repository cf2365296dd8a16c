import { DYNAMODB_CONTESTANTS } from '../contestants/dynamodb';
import type { Conditions } from '../measure/conditions';
import { dollarsFor } from '../measure/prices';
import { bars } from '../report/charts';
import { dollars, figures } from '../report/numbers';
import type { Section } from '../report/section';
import { historyTable, namesIn, ratioPoints, timesTable, type ByHistory } from '../report/turnTables';
import { openDynamoDB } from './dynamodbArena';
import { measureHistories } from './measureHistories';
import type { TurnFigures } from './measureTurns';
import type { Suite } from './suite';

export const dynamodbTurns: Suite = {
  name: 'dynamodb turns',
  run: async ({ scale, progress }) =>
    section(
      await measureHistories({
        engine: 'DynamoDB',
        open: (conditions) => openDynamoDB(DYNAMODB_CONTESTANTS, conditions),
        conditions: scale.dynamodbConditions,
        rounds: scale.dynamodbRounds,
        progress,
      }),
    ),
};

function section(byConditions: ReadonlyMap<Conditions, ByHistory>): Section {
  const [first = new Map<number, TurnFigures[]>()] = byConditions.values();
  return {
    title: 'DynamoDB: a turn',
    text:
      'A turn reads the whole history and appends two items. Units are what DynamoDB says it consumed; dollars are those ' +
      'of on-demand tables in us-east-1. They do not depend on the machine; times do, and are those of an engine that ' +
      'runs beside. LangChain reads with eventual consistency, at half the units; a dash is where one item of DynamoDB, ' +
      'which holds 400 KB, cannot hold the conversation.',
    tables: [
      historyTable(
        'Read + write units of a turn, and dollars for a million such turns',
        first,
        ({ units }) =>
          `${figures(units.read)} + ${figures(units.write)} (${dollars(dollarsFor(units) * 1e6)})`,
      ),
      ...[...byConditions].flatMap(([{ name }, measured]) => [
        timesTable(`A turn, ${name}`, measured, 'turn'),
        timesTable(`Of that, the read, ${name}`, measured, 'read'),
        timesTable(`Of that, the append, ${name}`, measured, 'append'),
      ]),
    ],
    charts: [
      {
        name: 'dynamodb-turns',
        alt: 'A turn on DynamoDB as a multiple of the limit, by the length of the history',
        spec: bars(
          'DynamoDB: a turn, as a multiple of the limit',
          ratioPoints(first, 'turn', namesIn(first)),
          { x: 'items in the history', y: 'times the limit' },
        ),
      },
    ],
  };
}
