import { countBytes, IS_UNSURE, landing, LOG, MOVE_ON, recall, REPAIR } from './bookkeeping';
import { REFUSE_BROKEN } from '../layout/seal';
import { LANDING_BYTES } from '../layout/state';
import { restsOn } from './replicas';
import { defineScript } from './script';

/**
 * A key that a script deletes cannot be made again by the same script while its cluster slot moves: the server then takes
 * it for one that is elsewhere. So neither key vanishes on the way, and one that is gone is not touched again.
 *
 * What appends to whatever there is does not ask for the length of the list, which RPUSH tells. Where the list turns out to
 * be damaged, that is noted then.
 */
export const COMMIT = defineScript(`
-- Drops records from a session's end, then appends others.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 idempotency key  2 a sequence number from before it was first sent  3 time to live in ms, or '' for no end
--        4 where the elements to append begin: at 11; at 5 where 5 to 10 are all left out; at 12, which is not there, where
--          nothing is appended and 11 is a seal
--        5 number of records to drop, or -1 for all  6 'keep' where a deadline that the session has stays, or ''
--        7 revision to be at, packed, or ''  8 operation id, or ''  9 its fingerprint
--        10 how many replicas the caller waits for, or ''  then the elements
-- Reply: '<status> <replication id> <detail> <idempotency key>':
--        'committed', '<sequence number>.<length>', or nothing where its id leads to something else
--        'repeated', the revision, or nothing where the session is damaged
--        'conflict' | 'operation-mismatch' | 'unsure', a sequence number: whether it has landed before is no longer known
--        The replication id is that of what the reply rests on, or nothing where nobody waits for replicas
${REFUSE_BROKEN}
-- Read.
local items, meta, id, since, first = KEYS[1], KEYS[2], ARGV[1], ARGV[2], tonumber(ARGV[4])
local drop, keeps, expected, operation, replicas = 0, '', '', '', ''
if first > 5 then drop, keeps, expected, operation, replicas = tonumber(ARGV[5]), ARGV[6], ARGV[7], ARGV[8], ARGV[10] end
local entry, found = 'c:' .. id
if operation == '' then
  found = redis.call('HMGET', meta, 'state', entry)
else
  found = redis.call('HMGET', meta, 'state', entry, 'o:' .. operation)
end
local state, landed, fingerprint = found[1], found[2], found[3]
${recall("drop == 0 and expected == '' and bytes and #ARGV >= first")}
${restsOn('replicas')}

-- Decide whether it is made.
if landed then
  local made = #landed >= ${LANDING_BYTES} and string.format('%.0f.%d', struct.unpack('>I7I4', landed)) or ''
  return 'committed ' .. rests .. ' ' .. made .. ' ' .. id
end
if fingerprint and fingerprint == ARGV[9] then
  local at = revision or ''
  if at ~= '' and at ~= '0' then
    at = string.format('%.0f.%d.', struct.unpack('>I7I4', at)) .. string.sub(at, ${LANDING_BYTES + 1})
  end
  return 'repeated ' .. rests .. ' ' .. at .. ' ' .. id
end
if fingerprint then return 'operation-mismatch   ' .. id end
local conflict = expected ~= '' and expected ~= revision
-- Still at the revision that it asks for, it has not landed: landing would have made another one, and none comes back. Only
-- '0' does, after a clear.
local unsure = (conflict or expected == '' or expected == '0') and (${IS_UNSURE})
if conflict or unsure then
  if unsure and lost or not unsure and not (revision and string.find(revision, '^[%w_!~-]+$', 12) or revision == '0') then
${REPAIR}
  end
  return unsure and string.format('unsure  %.0f %s', last, id) or 'conflict   ' .. id
end

-- Decide what there is afterwards.
local appended = #ARGV - first + 1
local kept = (drop < 0 or drop >= length) and 0 or length - drop
${MOVE_ON}
if kept < length or begins or not revision then shrunk = last end
if kept == 0 then
  bytes = 0
elseif not bytes then
  bytes = 0
  ${countBytes('+', '0', 'kept')}
elseif kept < length then
  ${countBytes('-', 'kept', 'length')}
  bytes = math.max(bytes, 0)
end
for index = first, #ARGV do bytes = bytes + #ARGV[index] end

-- Both keys' deadline in ms, as text, or false. Where it stays and both keys have it, setting it again would only let it drift.
local deadline = ARGV[3] ~= '' and math.floor(now / 1000) + ARGV[3] .. ''
local setting = true
if keeps == 'keep' then
  local left = redis.call('PTTL', begins and items or meta)
  if left >= 0 then
    deadline = math.floor(now / 1000) + math.min(left, 9e13) .. ''
    setting = kept == 0 or not revision
  end
end

-- What comes first in the writing asks for itself.
if not (allowed('HSET', meta, '', '') and (kept == length or allowed('RPUSH', items, ''))
  and (kept == length and appended > 0 or allowed('LTRIM', items, 0, 0)) and (not obsolete or allowed('HDEL', meta, ''))
  and (deadline and allowed('PEXPIREAT', items, 0) or not deadline and allowed('PERSIST', items))) then
  return redis.error_reply('NOPERM this user may not run every command of a commit')
end

-- Write: the list, but for one element where it would vanish; the hash; the deadline.
local replaces = kept == 0 and length > 0 and appended > 0
if replaces then
  redis.call('LTRIM', items, 0, 0)
elseif kept == 0 and length > 0 then
  redis.call('LTRIM', items, 1, 0)
elseif kept < length then
  redis.call('LTRIM', items, 0, kept - 1)
end
local total = kept
if appended > 5000 then
  for start = first, #ARGV, 5000 do
    total = redis.call('RPUSH', items, unpack(ARGV, start, math.min(start + 4999, #ARGV)))
  end
elseif appended > 0 then
  total = redis.call('RPUSH', items, unpack(ARGV, first))
end
if replaces then
  redis.call('LTRIM', items, 1, -1)
  total = total - 1
elseif total ~= kept + appended then
  bytes, shrunk, setting = nil, last, true
end
local landing = ${landing('total')}
local log = ${LOG} .. landing .. id
if begins then
  redis.call('HSET', meta, 'state', log, entry, landing .. newest, 'began', string.format('%.0f', last))
else
  redis.call('HSET', meta, 'state', log, entry, landing .. newest)
end
if operation ~= '' then redis.call('HSET', meta, 'o:' .. operation, ARGV[9]) end
if obsolete then
  redis.call('HSET', meta, 'turn', turning)
  if #obsolete > 0 then redis.call('HDEL', meta, unpack(obsolete)) end
end
if setting and deadline then
  if total > 0 then redis.call('PEXPIREAT', items, deadline) end
  redis.call('PEXPIREAT', meta, deadline)
elseif setting then
  if total > 0 then redis.call('PERSIST', items) end
  redis.call('PERSIST', meta)
end
return string.format('committed %s %.0f.%d %s', rests, last, total, id)
`);
