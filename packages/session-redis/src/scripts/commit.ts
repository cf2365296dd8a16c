import { COMMIT_IDS } from './commitIds';
import { HISTORY } from './replicas';
import { REVISION } from './revision';
import { defineScript } from './script';

/**
 * A script that fails half-way leaves what it did, so everything that can be refused is refused before the first write:
 * keys of another type, by reading them; missing permissions, by asking (from Redis 7 on); memory, by Redis itself, which
 * refuses it only to scripts that have not written yet. One that drops, and so frees memory, goes through.
 *
 * A key that a script deletes cannot be made again by the same script while its cluster slot moves: the server then takes
 * it for one that is elsewhere. So neither key vanishes on the way, and one that is gone is not touched again.
 */
export const COMMIT = defineScript(`
-- Drops records from a session's end, then appends others.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 commit id  2 a sequence number from before it was first sent  3 number of records to drop, or -1 for all
--        4 time to live in ms, or '' for no end  5 'keep' where a deadline that the session has stays, or ''
--        6 revision to be at, or ''  7 operation id, or ''  8 its fingerprint
--        9 how many replicas the caller waits for, or ''  10... records to append
-- Reply: {history, 'committed' | 'repeated', revision}, {'', 'conflict', ''}, {'', 'operation-mismatch', ''}, or
--        {'', 'unsure', sequence number}: whether it has landed before is no longer known. history is the replication id
--        of what the reply rests on, or '' where nobody waits for replicas
${REVISION}${HISTORY}${COMMIT_IDS}
-- Read.
local items, meta, id, since, expected, operation = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[6], ARGV[7]
local landed, rev, commits, fingerprint
if operation == '' then
  landed, rev, commits = unpack(redis.call('HMGET', meta, 'c:' .. id, 'rev', 'commits'))
else
  landed, rev, commits, fingerprint = unpack(redis.call('HMGET', meta, 'c:' .. id, 'rev', 'commits', 'o:' .. operation))
end
local length, now = redis.call('LLEN', items), clock()
local ids = recall(commits, now, length)
local rests, refused = history(ARGV[9])

-- Decide.
if refused then return refused end
if landed then
  return {rests, 'committed', string.match(landed, '^%d+%.%d+$') and landed .. '.' .. id or unnamed()}
end
if fingerprint == ARGV[8] then return {rests, 'repeated', revision(rev, length)} end
if fingerprint then return {'', 'operation-mismatch', ''} end
local stays = ARGV[5] == 'keep'
local before = (expected ~= '' or stays) and revision(rev, length) or ''
local conflict = expected ~= '' and expected ~= before
-- At the one revision that it asks for it cannot have landed: none comes back, but for '0'.
if conflict or expected == '' or expected == '0' then
  local reply = unsure(ids, since, items, meta)
  if reply then return reply end
end
local damaged = string.sub(before, 1, 1) == '~'
if conflict and not damaged then return {'', 'conflict', ''} end

-- A conflict with a damaged session gives it a revision, so that the next try of the caller can succeed, and changes
-- nothing else.
local drop, first = tonumber(ARGV[3]), 10
if conflict then drop, first = 0, #ARGV + 1 end
local kept = (drop < 0 or drop >= length) and 0 or length - drop
local place, obsolete = take_place(ids, meta, now)
local appended = #ARGV - first + 1
local stamp = ids.last .. '.' .. kept + appended

-- Both keys' deadline in ms, or false. What it is by now, the key tells that is there for sure.
local ms = math.floor(now / 1000)
local deadline = ARGV[4] ~= '' and ms + ARGV[4]
if conflict or stays then
  local left = redis.call('PTTL', rev and meta or items)
  if left >= 0 then deadline = ms + math.min(left, 9e13) elseif conflict then deadline = false else stays = false end
end

local allowed = redis.acl_check_cmd or function() return true end
if not (allowed('HSET', meta, '', '') and allowed('RPUSH', items, '')
  and (kept == length or allowed('LTRIM', items, 0, 0)) and (#obsolete == 0 or allowed('HDEL', meta, ''))
  and (deadline and allowed('PEXPIREAT', items, 0) or not deadline and allowed('PERSIST', items))) then
  return redis.error_reply('NOPERM this user may not run every command of a commit')
end

-- Write.
local replaces = kept == 0 and length > 0 and appended > 0
if replaces then
  redis.call('LTRIM', items, 0, 0)
elseif kept == 0 and length > 0 then
  redis.call('LTRIM', items, 1, 0)
elseif kept < length then
  redis.call('LTRIM', items, 0, kept - 1)
end
local values = {'rev', stamp .. '.' .. id, 'commits', written(ids)}
local function set(field, value)
  values[#values + 1] = field
  values[#values + 1] = value
end
if not rev then set('created', ms) end
if not conflict then
  set('c:' .. id, stamp)
  set(place, id)
  if operation ~= '' then set('o:' .. operation, ARGV[8]) end
end
if #obsolete > 0 then redis.call('HDEL', meta, unpack(obsolete)) end
redis.call('HSET', meta, unpack(values))
for i = first, #ARGV, 5000 do
  redis.call('RPUSH', items, unpack(ARGV, i, math.min(i + 4999, #ARGV)))
end
if replaces then redis.call('LTRIM', items, 1, -1) end
-- Where both keys have it already, setting it again would only let it drift.
if conflict or damaged or not stays or kept == 0 then
  for _, key in ipairs(kept + appended > 0 and KEYS or {meta}) do
    if deadline then
      redis.call('PEXPIREAT', key, deadline)
    else
      redis.call('PERSIST', key)
    end
  end
end
if conflict then return {'', 'conflict', ''} end
return {rests, 'committed', stamp .. '.' .. id}
`);
