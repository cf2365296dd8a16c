import { COMMIT_IDS } from './commitIds';
import { HISTORY } from './replicas';
import { REVISION } from './revision';
import { defineScript } from './script';

export const CLEAR = defineScript(`
-- Forgets a session: its records, revision and operations. The ids of recent commits stay for a while, and this clear's
-- own id with them, so that a late retry neither appends again nor deletes what was appended since.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- ARGV:  1 clear id  2 a sequence number from before it was first sent  3 how many replicas the caller waits for, or ''
-- Reply: {history, 'cleared', ''}, or {'', 'unsure', sequence number}: see the commit script
${REVISION}${HISTORY}${COMMIT_IDS}
-- Read.
local items, meta, id, since = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local landed, commits = unpack(redis.call('HMGET', meta, 'c:' .. id, 'commits'))
local length, now = redis.call('LLEN', items), clock()
local ids = recall(commits, now, length)
local rests, refused = history(ARGV[3])

-- Decide.
if refused then return refused end
if landed then return {rests, 'cleared', ''} end
local reply = unsure(ids, since, items, meta)
if reply then return reply end
local allowed = redis.acl_check_cmd or function() return true end
if not (allowed('UNLINK', items) and allowed('HDEL', meta, '') and allowed('HSET', meta, '', '')
  and allowed('PEXPIREAT', meta, 0)) then
  return redis.error_reply('NOPERM this user may not run every command of a clear')
end
local place, obsolete = take_place(ids, meta, now)
for _, field in ipairs(redis.call('HKEYS', meta)) do
  if string.sub(field, 1, 2) ~= 'c:' and not string.find(field, '^[ab]%d+$') then obsolete[#obsolete + 1] = field end
end

-- Write.
redis.call('UNLINK', items)
for i = 1, #obsolete, 5000 do
  redis.call('HDEL', meta, unpack(obsolete, i, math.min(i + 4999, #obsolete)))
end
redis.call('HSET', meta, 'commits', written(ids), place, id, 'c:' .. id, '')
redis.call('PEXPIREAT', meta, math.floor((now + WINDOW) / 1000))
return {rests, 'cleared', ''}
`);
