import { LONGEST_TIMEOUT_MS } from '@agent-sessions/session-core/store';

/** How long a try can be under way after its sender gave it up: in buffers of proxies, kernels, stopped servers. */
const LATE_MS = 600_000;
/** No try of a commit arrives longer after it was first sent than this. */
export const REMEMBER_MS = LONGEST_TIMEOUT_MS + LATE_MS;
/** At most twice as many ids are kept per session. */
export const IDS_PER_HALF = 1_000;

/**
 * The Lua functions that keep the ids of recent commits, by which one that arrives again is recognised. For scripts that
 * have the functions of `REVISION` too.
 *
 * The ids are in two halves, 'a' and 'b'. One is being filled; once it is full, or the other one has outlived its use,
 * the other is emptied and filled in its turn. Each id is two fields: its place, which tells what to delete, and the
 * commit's entry, by which it is looked up. The field 'commits' tells the rest, in this order:
 *
 *   half       the one that is being filled
 *   count      how many ids are in it
 *   others     how many are in the other one
 *   due        from when on no retry of what is in the other half can arrive: `REMEMBER_MS` after the half that is being
 *              filled was begun, by the sequence number of its first commit
 *   forgotten  an id of a commit before this sequence number may have been deleted though a retry of it can still arrive
 *   last       the newest sequence number
 *
 * A sequence number is the time of the commit in microseconds, or one more than the last, so they grow also where the hash
 * is lost, or a stale replica takes over. A commit brings along a number that there was before it was first sent. If that
 * is not below `forgotten`, an id that is not there has not landed. Otherwise nobody can tell, and the commit is told so.
 */
export const COMMIT_IDS = `
local HALF, WINDOW = ${IDS_PER_HALF}, ${REMEMBER_MS}e3

-- The times and sequence numbers are kept as digits. Fields may hold anything: what is not as 'written' writes it is lost.
local function recall(text, now, length)
  local half, count, others, due, forgotten, last =
    string.match(text or '', '^([ab]) (%d+) (%d+) (%d+) (%d+) (%d+)$')
  count, others = tonumber(count), tonumber(others)
  if half and count <= HALF and others <= HALF and #due <= 16 and #last <= 16
    and (forgotten == '0' or tonumber(forgotten) <= tonumber(last)) then
    return {half = half, count = count, others = others, due = due, forgotten = forgotten, last = last}
  end
  local ids = {half = 'a', count = 0, others = 0, due = digits(now + WINDOW), forgotten = '0', last = digits(now - 1)}
  -- With an empty list there is nothing to double.
  if length > 0 then
    ids.lost, ids.forgotten, ids.last = true, digits(now), digits(now)
  end
  return ids
end

local function written(ids)
  return ids.half .. ' ' .. ids.count .. ' ' .. ids.others .. ' ' .. ids.due .. ' ' .. ids.forgotten .. ' ' .. ids.last
end

local function places(half, count)
  local fields = {}
  for place = 1, count do fields[place] = half .. place end
  return fields
end

-- Returns a place in the half that is being filled, and the fields to delete.
local function take_place(ids, meta, now)
  local obsolete, due = {}, tonumber(ids.due)
  ids.last = digits(math.max(ids.last + 1, now))
  if ids.count >= HALF or now >= due then
    local emptied = ids.half == 'a' and 'b' or 'a'
    if ids.others > 0 then
      obsolete = places(emptied, ids.others)
      for _, id in ipairs(redis.call('HMGET', meta, unpack(obsolete))) do obsolete[#obsolete + 1] = 'c:' .. (id or '') end
      ids.forgotten = digits(due - WINDOW)
    end
    if now >= due then ids.forgotten = '0' end
    ids.half, ids.count, ids.others, ids.due = emptied, 0, ids.count, digits(ids.last + WINDOW)
  end
  ids.count = ids.count + 1
  return ids.half .. ids.count, obsolete
end

-- Whether an id that is not there may have landed all the same. Then the caller must come again, with the number that
-- this returns, if it has not sent this commit before.
local function unsure(ids, since, items, meta)
  if ids.forgotten == '0' or not ids.lost and tonumber(since) >= tonumber(ids.forgotten) then return end
  if ids.lost then
    local allowed = redis.acl_check_cmd or function() return true end
    if not allowed('PEXPIREAT', meta, 0) then
      return redis.error_reply('NOPERM this user may not begin to keep commit ids anew')
    end
    redis.call('HSET', meta, 'commits', written(ids))
    local left = redis.call('PTTL', items)
    if left >= 0 then redis.call('PEXPIREAT', meta, math.floor(clock() / 1000) + math.min(left, 9e13)) end
  end
  return {'', 'unsure', ids.last}
end
`;
