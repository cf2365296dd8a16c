import { LONGEST_TIMEOUT_MS } from '@agent-sessions/session-core/store';

/** How long a try can be under way after its sender gave it up: in buffers of proxies, kernels, stopped servers. */
const LATE_MS = 600_000;
/** No try of a commit arrives longer after it was first sent than this. */
export const REMEMBER_MS = LONGEST_TIMEOUT_MS + LATE_MS;
/** At most twice as many ids are kept per session. */
export const IDS_PER_HALF = 1_000;
/** Of sequence numbers. */
const LARGEST = '9e15';

/**
 * The Lua that reads, moves on and writes what a session's hash says of it; docs/architecture.md describes the fields. These
 * are pieces of a script, not functions: a script that makes ten closures before it begins takes a tenth longer.
 *
 * The ids of recent commits, by which one that arrives again is recognised, are in two halves, 'a' and 'b'. One half is
 * being filled. Once it is full, or no retry of what is in the other half can arrive any more, the halves turn: the other
 * one is emptied, and filled in its turn. Each id is two fields: `c:<id>`, by which it is looked up, and its place (`a17`),
 * which tells what to delete.
 *
 * A sequence number is the time of the commit in microseconds, or one more than the last, so they grow also where the hash
 * is lost, or a stale replica takes over. A commit brings along a number that there was before it was first sent. If that
 * is not below `forgotten`, an id that is not there has not landed. Otherwise nobody can tell, and the commit is told so.
 *
 * A script that fails half-way leaves what it did. So what can be refused is refused before the first write: keys of another
 * type, by reading them; missing permissions, by asking (from Redis 7 on); memory, by Redis itself, which refuses it only to
 * scripts that have not written yet. One that drops, and so frees memory, goes through.
 */

/**
 * Takes `items`, `state` and `log`, which is what the fields of these names hold. Other clients may write anything into
 * them: what these scripts cannot have written counts as lost. Sequence numbers stay text, but for `last`. Gives
 * - `length` of the list, and `now` in microseconds since the epoch;
 * - `began`: '0' where there is no session;
 * - `revision`: nil where the list is not what the hash says, so that the session is damaged;
 * - `last`: the newest sequence number;
 * - `bytes`: nil where nobody knows;
 * - `shrunk`, `half`, `count`, `others`, `turned`, `forgotten`: see docs/architecture.md;
 * - `lost`: whether ids of commits that are in the list may be gone.
 */
export const RECALL = `
local HALF, WINDOW = ${IDS_PER_HALF}, ${REMEMBER_MS}e3
local function digits(number) return string.format('%.0f', number) end
local time, length = redis.call('TIME'), redis.call('LLEN', items)
local now = time[1] * 1e6 + time[2]
local began, revision, last, stored = string.match(state or '', '^1 (%d+) ((%d+)%.(%d+)%.[%w_-]+)$')
last = tonumber(last)
-- A double holds ${LARGEST} exactly. As a time, it is in the year 2255.
if not last or #state > 128 or last > ${LARGEST} then
  local format = string.match(state or '', '^(%d%d?%d?) ')
  if format and tonumber(format) > 1 then return redis.error_reply('LATERFORMAT ' .. format) end
  began, last, revision = '0', now - 1, not state and length == 0 and '0' or nil
elseif tonumber(stored) ~= length then
  revision = nil
elseif began == '0' then
  revision = '0'
end
local bytes, shrunk, half, count, others, turned, forgotten =
  string.match(log or '', '^(%d+) (%d+) ([ab]) (%d+) (%d+) (%d+) (%d+)$')
bytes, count, others = tonumber(bytes), tonumber(count), tonumber(others)
-- An append that has landed would have left something in the list: with an empty one, no id can be missing.
local known = half and #log <= 128 and count <= HALF and others <= HALF and tonumber(forgotten) <= last
local lost = not known and length > 0
if not known then
  if lost then last = math.max(last, now) end
  bytes, half, count, others, turned, forgotten = nil, 'a', 0, 0, digits(now), lost and digits(last) or '0'
elseif not revision or bytes > 9e13 then
  bytes = nil
end
-- What a script is to write is asked for first. Redis 6 cannot tell.
local allowed = redis.acl_check_cmd or function() return true end
`;

/**
 * Moves on to the next sequence number, `seq`, and makes a place for the id of its commit. Gives `place`, and the fields to
 * delete in `obsolete`.
 */
export const TAKE_PLACE = `
last = math.max(last + 1, now)
local seq, obsolete, due = digits(last), {}, turned + WINDOW
if count >= HALF or now >= due then
  local emptied = half == 'a' and 'b' or 'a'
  for place = 1, others do obsolete[place] = emptied .. place end
  if others > 0 then
    for _, id in ipairs(redis.call('HMGET', meta, unpack(obsolete))) do obsolete[#obsolete + 1] = 'c:' .. (id or '') end
    forgotten = turned
  end
  if now >= due then forgotten = '0' end
  half, count, others, turned = emptied, 0, count, seq
end
count = count + 1
local place = half .. count
`;

/** What the field `log` is to hold. */
export const LOG = `bytes .. ' ' .. shrunk .. ' ' .. half .. ' ' .. count .. ' ' .. others .. ' ' .. turned .. ' ' .. forgotten`;

/** Counts into `bytes` those of the list's elements from the index `first` up to `stop`. */
export const countBytes = (sign: '+' | '-', first: string, stop: string): string => `
for start = ${first}, ${stop} - 1, 500 do
  for _, element in ipairs(redis.call('LRANGE', items, start, math.min(start + 499, ${stop} - 1))) do
    bytes = bytes ${sign} #element
  end
end
`;

/**
 * Names what is left of a session that is damaged, or has lost its ids, so that the next try of the caller can succeed. It
 * changes no record, and keeps the deadline: that of the list where the hash is gone, otherwise that of the hash.
 */
export const REPAIR = `
local left = redis.call('PTTL', began == '0' and length > 0 and items or meta)
local deadline = left >= 0 and math.floor(now / 1000) + math.min(left, 9e13)
if not (allowed('HSET', meta, '', '')
  and (deadline and allowed('PEXPIREAT', meta, 0) or not deadline and allowed('PERSIST', meta))) then
  return redis.error_reply('NOPERM this user may not repair a session')
end
last, bytes = math.max(last + 1, now), 0
shrunk = digits(last)
${countBytes('+', '0', 'length')}
redis.call('HSET', meta, 'log', ${LOG},
  'state', '1 ' .. (began == '0' and shrunk or began) .. ' ' .. shrunk .. '.' .. length .. '.' .. id)
for _, key in ipairs(length > 0 and KEYS or {meta}) do
  if deadline then redis.call('PEXPIREAT', key, deadline) else redis.call('PERSIST', key) end
end
`;

/** Where ids of commits may have been deleted, one that is not there may have landed all the same. */
export const IS_UNSURE = `forgotten ~= '0' and (lost or tonumber(since) < tonumber(forgotten))`;
