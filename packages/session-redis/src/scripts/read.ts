import { defineScript } from './script';

export const READ = defineScript(`
-- Reads the end of a session, as one snapshot. Writes nothing.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 what to give back  2 where LRANGE starts: 0, or minus the number of records wanted, or how many are known
--        3... fields of meta
-- Reply: {{field, or '', ...}, LLEN, {element, ...}, PTTL, what to give back}, elements oldest first
local items, meta = KEYS[1], KEYS[2]
local fields = redis.call('HMGET', meta, unpack(ARGV, 3))
for i, field in ipairs(fields) do fields[i] = field or '' end
return {fields, redis.call('LLEN', items), redis.call('LRANGE', items, ARGV[2], -1), redis.call('PTTL', meta), ARGV[1]}
`);
