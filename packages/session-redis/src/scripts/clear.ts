import { HISTORY } from './replicas';
import { defineScript } from './script';

export const CLEAR = defineScript(`
-- Forgets a session: its records, revision and operations. The ids of recent commits stay for a while, and this clear's
-- own id with them, so that a late retry neither appends again nor deletes what was appended since.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 clear id  2 ms to remember it for  3 ms to remember ids of any commit for  4 how many replicas the caller waits for, or ''
-- Reply: {history}: the replication id of what the reply rests on, or '' where nobody waits for replicas
${HISTORY}
local items, meta, id = KEYS[1], KEYS[2], ARGV[1]
local known = redis.call('HMGET', meta, 'c:' .. id, 'seq', 'old')
local rests, refused = history(ARGV[4])
if refused then return refused end
if known[1] then return {rests} end
redis.call('LLEN', items) -- raises an error for a key of another type
local allowed = redis.acl_check_cmd or function() return true end
if not (allowed('UNLINK', items) and allowed('HDEL', meta, '') and allowed('HSET', meta, '', '')
  and allowed('PEXPIREAT', meta, 0)) then
  return redis.error_reply('NOPERM this user may not run every command of a clear')
end

local forget = {'rev', 'created', 'updated'}
for _, field in ipairs(redis.call('HKEYS', meta)) do
  if string.sub(field, 1, 2) == 'o:' then forget[#forget + 1] = field end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local seq = (tonumber(string.match(known[2] or '', '^%d+$')) or 0) % 1e14 + 1

redis.call('UNLINK', items)
for i = 1, #forget, 5000 do
  redis.call('HDEL', meta, unpack(forget, i, math.min(i + 4999, #forget)))
end
redis.call('HSET', meta, 'seq', seq, 'old', known[3] or seq, 'c:' .. id, 'clear', 'r:' .. seq, now + ARGV[2] .. ' ' .. id)
redis.call('PEXPIREAT', meta, now + ARGV[3])
return {rests}
`);
