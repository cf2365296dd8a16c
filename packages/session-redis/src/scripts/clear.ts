import { IS_UNSURE, landing, LOG, MOVE_ON, recall, REPAIR } from './bookkeeping';
import { REFUSE_BROKEN } from '../layout/seal';
import { restsOn } from './replicas';
import { defineScript } from './script';

export const CLEAR = defineScript(`
-- Forgets a session: its records, revision and operations. The ids of recent commits stay for a while, and this clear's
-- own id with them, so that a late retry neither appends again nor deletes what was appended since.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 clear id, which begins with '~'  2 a sequence number from before it was first sent
--        3 how many replicas the caller waits for, or ''  4 a seal
-- Reply: '<status> <replication id> <detail> <clear id>': 'cleared' | 'unsure', sequence number: see the commit script
${REFUSE_BROKEN}
-- Read.
local items, meta, id, since = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local state, landed = unpack(redis.call('HMGET', meta, 'state', 'c:' .. id))
${recall('false')}
${restsOn('ARGV[3]')}

-- Decide.
if landed then return 'cleared ' .. rests .. '  ' .. id end
if ${IS_UNSURE} then
  if lost then
${REPAIR}
  end
  return string.format('unsure  %.0f %s', last, id)
end
if not (allowed('UNLINK', items) and allowed('HDEL', meta, '') and allowed('HSET', meta, '', '')
  and allowed('PEXPIREAT', meta, 0)) then
  return redis.error_reply('NOPERM this user may not run every command of a clear')
end
${MOVE_ON}
obsolete = obsolete or {}
-- Without \`state\`, which is written anew: a hash that becomes empty on the way vanishes (see the commit script).
for _, field in ipairs(redis.call('HKEYS', meta)) do
  if string.sub(field, 1, 2) ~= 'c:' and field ~= 'turn' and field ~= 'state' then obsolete[#obsolete + 1] = field end
end
bytes, shrunk = 0, last

-- Write.
redis.call('UNLINK', items)
for i = 1, #obsolete, 5000 do
  redis.call('HDEL', meta, unpack(obsolete, i, math.min(i + 4999, #obsolete)))
end
local landing = ${landing('0')}
redis.call('HSET', meta, 'state', ${LOG} .. landing .. id, 'c:' .. id, landing .. newest)
if turning then redis.call('HSET', meta, 'turn', turning) end
redis.call('PEXPIREAT', meta, math.floor((now + WINDOW) / 1000))
return 'cleared ' .. rests .. '  ' .. id
`);
