import { defineScript } from './script';

export const DESCRIBE = defineScript(`
-- Tells of a session without its records, as one snapshot. Writes nothing.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 what to give back
-- Reply: {{state, or '', began, or ''}, LLEN, milliseconds until it expires, or less than 0, now in milliseconds,
--        what to give back}
local items, meta = KEYS[1], KEYS[2]
local fields = redis.call('HMGET', meta, 'state', 'began')
for i = 1, 2 do fields[i] = fields[i] or '' end
local left = redis.call('PTTL', meta)
-- Where the hash is gone, what is left expires when the list does.
if left == -2 then left = redis.call('PTTL', items) end
local time = redis.call('TIME')
return {fields, redis.call('LLEN', items), left, time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1]}
`);
