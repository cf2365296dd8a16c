import { defineScript } from './script';

export const TOUCH = defineScript(`
-- Puts off when a session expires, unless it has moved on. Never brings that forward.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 revision that it must be at  2 time to live in ms
-- Reply: 'extended' | 'unchanged'
if redis.call('HMGET', KEYS[2], 'rev')[1] ~= ARGV[1] then return 'unchanged' end
local left = redis.call('PTTL', KEYS[2])
if left < 0 or left >= tonumber(ARGV[2]) then return 'unchanged' end
local time = redis.call('TIME')
local deadline = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]
for _, key in ipairs(KEYS) do redis.call('PEXPIREAT', key, deadline) end
return 'extended'
`);
