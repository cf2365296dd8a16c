import { countBytes, IS_UNSURE, LOG, RECALL, REPAIR, TAKE_PLACE } from './bookkeeping';
import { restsOn } from './replicas';
import { defineScript } from './script';

/**
 * A key that a script deletes cannot be made again by the same script while its cluster slot moves: the server then takes
 * it for one that is elsewhere. So neither key vanishes on the way, and one that is gone is not touched again.
 */
export const COMMIT = defineScript(`
-- Drops records from a session's end, then appends others.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 idempotency key  2 a sequence number from before it was first sent  3 number of records to drop, or -1 for all
--        4 time to live in ms, or '' for no end  5 'keep' where a deadline that the session has stays, or ''
--        6 revision to be at, or ''  7 operation id, or ''  8 its fingerprint
--        9 how many replicas the caller waits for, or ''  10... elements to append
-- Reply: {replication id, 'committed' | 'repeated', revision}, {'', 'conflict', ''}, {'', 'operation-mismatch', ''}, or
--        {'', 'unsure', sequence number}: whether it has landed before is no longer known. The replication id is that of
--        what the reply rests on, or '' where nobody waits for replicas
-- Read.
local items, meta, id, since, expected, operation = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[6], ARGV[7]
local state, log, landed, fingerprint
if operation == '' then
  state, log, landed = unpack(redis.call('HMGET', meta, 'state', 'log', 'c:' .. id))
else
  state, log, landed, fingerprint = unpack(redis.call('HMGET', meta, 'state', 'log', 'c:' .. id, 'o:' .. operation))
end
${RECALL}
${restsOn('ARGV[9]')}

-- Decide whether it is made.
if landed then
  return {rests, 'committed', string.find(landed, '^%d+%.%d+$') and landed .. '.' .. id or '~' .. digits(now)}
end
if fingerprint == ARGV[8] then return {rests, 'repeated', revision or '~' .. digits(now)} end
if fingerprint then return {'', 'operation-mismatch', ''} end
local conflict = expected ~= '' and expected ~= revision
-- Still at the revision that it asks for, it has not landed: landing would have made another one, and none comes back. Only
-- '0' does, after a clear.
local unsure = (conflict or expected == '' or expected == '0') and (${IS_UNSURE})
if conflict or unsure then
  if unsure and lost or not unsure and not revision then
${REPAIR}
  end
  return unsure and {'', 'unsure', digits(last)} or {'', 'conflict', ''}
end

-- Decide what there is afterwards.
local drop, appended = tonumber(ARGV[3]), #ARGV - 9
local kept = (drop < 0 or drop >= length) and 0 or length - drop
${TAKE_PLACE}
if kept < length or not bytes then shrunk = seq end
if kept == 0 then
  bytes = 0
elseif not bytes then
  bytes = 0
  ${countBytes('+', '0', 'kept')}
elseif kept < length then
  ${countBytes('-', 'kept', 'length')}
  bytes = math.max(bytes, 0)
end
for index = 10, #ARGV do bytes = bytes + #ARGV[index] end

-- Both keys' deadline in ms, or false. Where it stays and both keys have it, setting it again would only let it drift.
local deadline = ARGV[4] ~= '' and math.floor(now / 1000) + ARGV[4]
local setting = true
if ARGV[5] == 'keep' then
  local left = redis.call('PTTL', began == '0' and items or meta)
  if left >= 0 then
    deadline = math.floor(now / 1000) + math.min(left, 9e13)
    setting = kept == 0 or not revision
  end
end

if not (allowed('HSET', meta, '', '') and allowed('RPUSH', items, '')
  and (kept == length or allowed('LTRIM', items, 0, 0)) and (#obsolete == 0 or allowed('HDEL', meta, ''))
  and (deadline and allowed('PEXPIREAT', items, 0) or not deadline and allowed('PERSIST', items))) then
  return redis.error_reply('NOPERM this user may not run every command of a commit')
end

-- Write: the list, but for one element where it would vanish; the hash; what is appended; the deadline.
local replaces = kept == 0 and length > 0 and appended > 0
if replaces then
  redis.call('LTRIM', items, 0, 0)
elseif kept == 0 and length > 0 then
  redis.call('LTRIM', items, 1, 0)
elseif kept < length then
  redis.call('LTRIM', items, 0, kept - 1)
end
if #obsolete > 0 then redis.call('HDEL', meta, unpack(obsolete)) end
local landing = seq .. '.' .. kept + appended
revision = landing .. '.' .. id
local fields = {
  'state', '1 ' .. (began == '0' and seq or began) .. ' ' .. revision, 'log', ${LOG}, 'c:' .. id, landing, place, id
}
if operation ~= '' then
  fields[9], fields[10] = 'o:' .. operation, ARGV[8]
end
redis.call('HSET', meta, unpack(fields))
for first = 10, #ARGV, 5000 do
  redis.call('RPUSH', items, unpack(ARGV, first, math.min(first + 4999, #ARGV)))
end
if replaces then redis.call('LTRIM', items, 1, -1) end
if setting then
  for _, key in ipairs(kept + appended > 0 and KEYS or {meta}) do
    if deadline then redis.call('PEXPIREAT', key, deadline) else redis.call('PERSIST', key) end
  end
end
return {rests, 'committed', revision}
`);
