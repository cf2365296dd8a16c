import { REVISION } from './revision';
import { defineScript } from './script';

export const READ = defineScript(`
-- Reads the end of a session, as one snapshot. Writes nothing.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 where LRANGE starts: 0, or minus the number of records wanted
-- Reply: {revision, {record, ...}}, oldest first
${REVISION}
local rev = redis.call('HMGET', KEYS[2], 'rev')[1]
return {revision(rev, redis.call('LLEN', KEYS[1])), redis.call('LRANGE', KEYS[1], ARGV[1], -1)}
`);
