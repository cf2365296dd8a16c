import { IS_UNSURE, LOG, RECALL, REPAIR, TAKE_PLACE } from './bookkeeping';
import { restsOn } from './replicas';
import { defineScript } from './script';

export const CLEAR = defineScript(`
-- Forgets a session: its records, revision and operations. The ids of recent commits stay for a while, and this clear's
-- own id with them, so that a late retry neither appends again nor deletes what was appended since.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 clear id  2 a sequence number from before it was first sent  3 how many replicas the caller waits for, or ''
-- Reply: {replication id, 'cleared', ''}, or {'', 'unsure', sequence number}: see the commit script
-- Read.
local items, meta, id, since = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local state, log, landed = unpack(redis.call('HMGET', meta, 'state', 'log', 'c:' .. id))
${RECALL}
${restsOn('ARGV[3]')}

-- Decide.
if landed then return {rests, 'cleared', ''} end
if ${IS_UNSURE} then
  if lost then
${REPAIR}
  end
  return {'', 'unsure', digits(last)}
end
if not (allowed('UNLINK', items) and allowed('HDEL', meta, '') and allowed('HSET', meta, '', '')
  and allowed('PEXPIREAT', meta, 0)) then
  return redis.error_reply('NOPERM this user may not run every command of a clear')
end
${TAKE_PLACE}
bytes, shrunk = 0, seq
for _, field in ipairs(redis.call('HKEYS', meta)) do
  if string.sub(field, 1, 2) ~= 'c:' and not string.find(field, '^[ab]%d+$') then obsolete[#obsolete + 1] = field end
end

-- Write.
redis.call('UNLINK', items)
for i = 1, #obsolete, 5000 do
  redis.call('HDEL', meta, unpack(obsolete, i, math.min(i + 4999, #obsolete)))
end
redis.call('HSET', meta, 'state', '1 0 ' .. seq .. '.0.' .. id, 'log', ${LOG}, 'c:' .. id, '', place, id)
redis.call('PEXPIREAT', meta, math.floor((now + WINDOW) / 1000))
return {rests, 'cleared', ''}
`);
