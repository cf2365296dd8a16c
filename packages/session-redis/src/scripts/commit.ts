import { HISTORY } from './replicas';
import { REVISION } from './revision';
import { defineScript } from './script';

/**
 * A script that fails half-way leaves what it did, so everything that can be refused is refused before the first write:
 * keys of another type, by reading them; missing permissions, by asking (from Redis 7 on); memory, by Redis itself, which
 * refuses it only to scripts that have not written yet. One that drops, and so frees memory, goes through.
 */
export const COMMIT = defineScript(`
-- Drops records from a session's end, then appends others.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 commit id  2 number of records to drop, or -1 for all  3 time to live in ms, or '' for no end
--        4 'keep' where a deadline that the session has stays, or ''  5 ms to remember this commit id for
--        6 revision to be at, or ''  7 operation id, or ''  8 its fingerprint
--        9 how many replicas the caller waits for, or ''  10... records to append
-- Reply: {history, 'committed' | 'repeated', revision}, {'', 'conflict'} or {'', 'operation-mismatch'}, where history is
--        the replication id of what the reply rests on, or '' where nobody waits for replicas
${REVISION}${HISTORY}
local items, meta, id, operation = KEYS[1], KEYS[2], ARGV[1], ARGV[7]
local known = redis.call('HMGET', meta, 'c:' .. id, 'o:' .. operation, 'rev', 'seq', 'old')
local rests, refused = history(ARGV[9])
if refused then return refused end
if known[1] then return {rests, 'committed', known[1] .. '.' .. id} end

local length = redis.call('LLEN', items)
local before = revision(known[3], length)
if known[2] then
  if known[2] == ARGV[8] then return {rests, 'repeated', before} end
  return {'', 'operation-mismatch'}
end

local damaged = string.sub(before, 1, 1) == '~'
local conflict = ARGV[6] ~= '' and (damaged or ARGV[6] ~= before)
if conflict and not damaged then return {'', 'conflict'} end

local first, kept = 10, length
if conflict then
  -- Gives the damaged session a revision, so that the next try of the caller can succeed, and changes nothing else.
  first = #ARGV + 1
else
  local drop = tonumber(ARGV[2])
  if drop < 0 or drop >= length then kept = 0 else kept = length - drop end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local seq = (tonumber(string.match(known[4] or '', '^%d+$')) or 0) % 1e14 + 1
local stamp = seq .. '.' .. kept + #ARGV - first + 1

-- Both keys' deadline in ms, or false. What it is by now, the key tells that is there for sure.
local deadline = ARGV[3] ~= '' and now + ARGV[3]
local stays = conflict or ARGV[4] == 'keep'
if stays then
  local left = redis.call('PTTL', known[3] and meta or items)
  if left >= 0 then deadline = now + left elseif conflict then deadline = false else stays = false end
end

local trims = seq % 16 == 0
local allowed = redis.acl_check_cmd or function() return true end
if not (allowed('HSET', meta, '', '') and allowed('RPUSH', items, '')
  and (kept == length or allowed('LTRIM', items, 0, 0)) and (not trims or allowed('HDEL', meta, ''))
  and (deadline and allowed('PEXPIREAT', items, 0) or not deadline and allowed('PERSIST', items))) then
  return redis.error_reply('NOPERM this user may not run every command of a commit')
end

if kept == 0 and length > 0 then
  redis.call('LTRIM', items, 1, 0)
elseif kept < length then
  redis.call('LTRIM', items, 0, kept - 1)
end
local fields = {'rev', stamp .. '.' .. id, 'seq', seq, 'updated', now}
local function set(field, value)
  fields[#fields + 1] = field
  fields[#fields + 1] = value
end
if not known[3] then set('created', now) end
if not known[5] then set('old', seq) end
if not conflict then
  set('c:' .. id, stamp)
  set('r:' .. seq, now + ARGV[5] .. ' ' .. id)
  if operation ~= '' then set('o:' .. operation, ARGV[8]) end
end
redis.call('HSET', meta, unpack(fields))
for i = first, #ARGV, 5000 do
  redis.call('RPUSH', items, unpack(ARGV, i, math.min(i + 4999, #ARGV)))
end

-- Forgets commits that no retry can follow any more: now and then, and a bounded number.
if trims then
  local old = tonumber(known[5]) or seq
  local last = math.min(old + 63, seq - 1)
  while old <= last do
    local till, commit = string.match(redis.call('HMGET', meta, 'r:' .. old)[1] or '', '^(%d+) (.+)$')
    if till and now < tonumber(till) then break end
    redis.call('HDEL', meta, 'r:' .. old, 'c:' .. (commit or ''))
    old = old + 1
  end
  redis.call('HSET', meta, 'old', old)
end

-- Where both keys have it already, setting it again would only let it drift.
if not (stays and kept > 0 and not damaged) then
  for _, key in ipairs(KEYS) do
    if deadline then
      redis.call('PEXPIREAT', key, deadline)
    else
      redis.call('PERSIST', key)
    end
  end
end
if conflict then return {'', 'conflict'} end
return {rests, 'committed', stamp .. '.' .. id}
`);
