import { cachedSession } from './cachedSession';
import { handWrittenDocument } from './handWrittenDocument';
import { handWrittenRows } from './handWrittenRows';
import { langChain } from './langChain';
import { limit } from './limit';
import type { DynamoDBContestant } from './server';
import { session } from './session';

/** A peer is one file and one entry here. */
export const DYNAMODB_CONTESTANTS: readonly DynamoDBContestant[] = [
  limit,
  session,
  cachedSession,
  handWrittenDocument,
  handWrittenRows,
  langChain,
];
