import { defineScript } from './script';

export const READ = defineScript(`
-- Reads the end of a session, as one snapshot. Writes nothing.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 where LRANGE starts: 0, or minus the number of records wanted
-- Reply: {the field state, or '', LLEN, {element, ...}, PTTL}, elements oldest first
local items, meta = KEYS[1], KEYS[2]
return {
  redis.call('HMGET', meta, 'state')[1] or '', redis.call('LLEN', items), redis.call('LRANGE', items, ARGV[1], -1),
  redis.call('PTTL', meta)
}
`);
