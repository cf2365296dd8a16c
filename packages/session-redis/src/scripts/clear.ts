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
if not (allowed('UNLINK', items) and allowed('HSET', meta, '', '') and allowed('PEXPIREAT', meta, 0)) then
  return redis.error_reply('NOPERM this user may not run every command of a clear')
end
local values = {}
local function keep(place, id)
  for _, text in ipairs({place, id, 'c:' .. id, ''}) do values[#values + 1] = text end
end
local place = take_place(ids, meta, now)
for half, count in pairs({[ids.half] = ids.count - 1, [ids.half == 'a' and 'b' or 'a'] = ids.others}) do
  local fields = places(half, count)
  if count > 0 then
    for i, other in ipairs(redis.call('HMGET', meta, unpack(fields))) do
      if other then keep(fields[i], other) end
    end
  end
end
keep(place, id)
values[#values + 1] = 'commits'
values[#values + 1] = written(ids)

-- Write.
redis.call('UNLINK', items, meta)
for i = 1, #values, 4000 do
  redis.call('HSET', meta, unpack(values, i, math.min(i + 3999, #values)))
end
redis.call('PEXPIREAT', meta, math.floor((now + WINDOW) / 1000))
return {rests, 'cleared', ''}
`);
