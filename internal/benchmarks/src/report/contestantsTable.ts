import { DYNAMODB_CONTESTANTS } from '../contestants/dynamodb';
import { REDIS_CONTESTANTS } from '../contestants/redis';
import type { Section, Table } from './section';

/** Who takes part, and what each does for an append and for a read. */
export const CONTESTANTS_TABLE: Section = {
  title: 'Who takes part',
  text:
    'The _limit_ is the least that a driver can do; all else is given as a multiple of it. It knows neither retries nor ' +
    'writers that meet.',
  tables: [tableOf('Redis', REDIS_CONTESTANTS), tableOf('DynamoDB', DYNAMODB_CONTESTANTS)],
};

function tableOf(title: string, all: readonly { readonly name: string; readonly does: string }[]): Table {
  return { title, columns: ['', 'append; read'], rows: all.map(({ name, does }) => [name, does]) };
}
