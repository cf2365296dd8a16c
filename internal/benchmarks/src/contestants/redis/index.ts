import { cachedSession } from './cachedSession';
import { handWritten } from './handWritten';
import { handWrittenValue } from './handWrittenValue';
import { ioRedisLimit } from './ioRedisLimit';
import { langChain } from './langChain';
import { limit } from './limit';
import { minimalScript } from './minimalScript';
import type { RedisContestant } from './server';
import { ioRedisSession, session } from './session';

export { clientSideCache } from './clientSideCache';

/** A peer is one file and one entry here. */
export const REDIS_CONTESTANTS: readonly RedisContestant[] = [
  limit,
  minimalScript,
  session,
  cachedSession,
  handWritten,
  handWrittenValue,
  langChain,
  ioRedisLimit,
  ioRedisSession,
];
