import { ID_AT, REVISION_AT } from '../layout/state';
import { defineScript } from './script';

export const TOUCH = defineScript(`
-- Extends the time that a session has, unless it has moved on. Never shortens it.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 revision that it must be at, packed  2 time to live in ms
-- Reply: 'extended' | 'unchanged'
local state = redis.call('HMGET', KEYS[2], 'state')[1] or ''
if string.sub(state, ${REVISION_AT}) ~= ARGV[1] or string.byte(state, ${ID_AT}) == 126 then return 'unchanged' end
local left = redis.call('PTTL', KEYS[2])
if left < 0 or left >= tonumber(ARGV[2]) then return 'unchanged' end
local time = redis.call('TIME')
local deadline = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]
for _, key in ipairs(KEYS) do redis.call('PEXPIREAT', key, deadline) end
return 'extended'
`);
