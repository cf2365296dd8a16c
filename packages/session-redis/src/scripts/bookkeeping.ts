import { LONGEST_TIMEOUT_MS } from '@agent-sessions/session-core/store';
import {
  ID_AT,
  IDS_PER_HALF,
  LARGEST,
  LONGEST_ID,
  LONGEST_STATE,
  REVISION_AT,
  SHORTEST_STATE,
} from '../layout/state';

/** How long a try can be under way after its sender gave it up: in buffers of proxies, kernels, stopped servers. */
const LATE_MS = 600_000;
/** No try of a commit arrives longer after it was first sent than this. */
export const REMEMBER_MS = LONGEST_TIMEOUT_MS + LATE_MS;

/**
 * The Lua that reads, moves on and writes what a session's hash says of it; docs/architecture.md describes the fields. These
 * are pieces of a script, not functions: a script that makes ten closures before it begins takes a tenth longer.
 *
 * The ids of recent commits, by which one that arrives again is recognised, are in two halves. The newer one is being filled.
 * Once it is full, or no retry of what is in the older one can arrive any more, the halves turn: the older one is deleted,
 * and the newer one is the older one from then on. Each id is a field, `c:<id>`, that also names the id before it: so from
 * the newest of a half, the others are found when they are to be deleted.
 *
 * A sequence number is the time of the commit in microseconds, or one more than the last, so they grow also where the hash
 * is lost, or a stale replica takes over. A commit brings along a number that there was before it was first sent. If that
 * is not below `forgotten`, an id that is not there has not landed. Otherwise nobody can tell, and the commit is told so.
 *
 * A script that fails half-way leaves what it did. So what can be refused is refused before the first write, or by it: keys
 * of another type, by reading them; missing permissions, by asking (from Redis 7 on); memory, by Redis itself, which refuses
 * it only to scripts that have not written yet. One that drops, and so frees memory, goes through.
 */

/**
 * Takes `items`, and `state`, which is what the field of this name holds. Other clients may write anything into it: what
 * these scripts cannot have written counts as lost. Gives
 * - `known`: whether `state` is what these scripts have written;
 * - `length` of the list, and `now` in microseconds since the epoch;
 * - `begins`: whether a commit begins a session, because there is none;
 * - `revision`, packed: '0' where there is no session, nil where the list is not what the hash says, which is then damaged;
 * - `last`: the newest sequence number;
 * - `bytes`: nil where nobody knows;
 * - `shrunk`, `count`, `others`, `turned`, `forgotten`: see docs/architecture.md;
 * - `newest`: the id of the newest commit or clear, behind that of a repair and a '!' where one came after it;
 * - `lost`: whether ids of commits that are in the list may be gone.
 *
 * @param isTrusted - Lua that tells whether `length` may be taken from a state that is known, because the script finds out
 * itself whether it is true
 */
export const recall = (isTrusted: string): string => `
local HALF, WINDOW, UNKNOWN = ${IDS_PER_HALF}, ${REMEMBER_MS}e3, 2^40 - 1
local time = redis.call('TIME')
local now = time[1] * 1e6 + time[2]
local format, bytes, shrunk, count, others, turned, forgotten, last, stored
if state and #state >= ${SHORTEST_STATE} and #state <= ${LONGEST_STATE} then
  format, bytes, shrunk, count, others, turned, forgotten, last, stored = struct.unpack('>BI5I7I2I2I7I7I7I4', state)
end
local known = format == 1 and last <= ${LARGEST} and count <= HALF and others <= HALF and forgotten <= last
if not known then
  format = string.byte(state or '')
  if format and format > 1 and format < 32 then return redis.error_reply('LATERFORMAT ' .. format) end
end
if bytes == UNKNOWN then bytes = nil end
local length = known and ${isTrusted} and stored or redis.call('LLEN', items)
local newest, begins, revision, lost = '', true, nil, false
if known then
  newest = string.sub(state, ${ID_AT})
  begins = string.byte(newest) == 126
  if stored == length then revision = begins and '0' or string.sub(state, ${REVISION_AT}) else bytes = nil end
else
  -- An append that has landed would have left something in the list: with an empty one, no id can be missing.
  lost = length > 0
  if not state and not lost then revision = '0' end
  bytes, shrunk, count, others, turned, last = nil, 0, 0, 0, now, lost and now or now - 1
  forgotten = lost and last or 0
end
-- What a script is to write is asked for first. Redis 6 cannot tell.
local allowed = redis.acl_check_cmd or function() return true end
`;

/**
 * Moves on to the next sequence number, `last`, and makes a place for the id of its commit. Gives the fields to delete in
 * `obsolete`, nil where the halves do not turn. Then `turning` is the id with which the older half begins.
 */
export const MOVE_ON = `
last = last + 1
if now > last then last = now end
local obsolete, turning
if count >= HALF or now >= turned + WINDOW then
  obsolete, turning = {}, newest
  local id = others > 0 and redis.call('HMGET', meta, 'turn')[1]
  for place = 1, others do
    if not id or #id > ${LONGEST_ID} then break end
    local field = 'c:' .. string.match(id, '[^!]*$')
    local entry = redis.call('HMGET', meta, field)[1]
    obsolete[place], id = field, entry and string.sub(entry, 12)
  end
  if others > 0 then forgotten = turned end
  if now >= turned + WINDOW then forgotten = 0 end
  others, count, turned = count, 0, last
end
count = count + 1
`;

/** What begins the field `state`. Its landing and the id follow. */
export const LOG = `struct.pack('>BI5I7I2I2I7I7', 1, bytes or UNKNOWN, shrunk, count, others, turned, forgotten)`;
/** What an id leads to: the sequence number and the length of the list that its commit has made. */
export const landing = (length: string): string => `struct.pack('>I7I4', last, ${length})`;

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
local left = redis.call('PTTL', begins and length > 0 and items or meta)
local deadline = left >= 0 and math.floor(now / 1000) + math.min(left, 9e13)
if not (allowed('HSET', meta, '', '')
  and (deadline and allowed('PEXPIREAT', meta, 0) or not deadline and allowed('PERSIST', meta))) then
  return redis.error_reply('NOPERM this user may not repair a session')
end
last, bytes = math.max(last + 1, now), 0
shrunk = last
${countBytes('+', '0', 'length')}
local repair = string.gsub(id, '~', '') .. '!' .. string.match(newest, '[%w_~-]*$')
redis.call('HSET', meta, 'state', ${LOG} .. ${landing('length')} .. repair)
if begins then redis.call('HSET', meta, 'began', string.format('%.0f', last)) end
for _, key in ipairs(length > 0 and KEYS or {meta}) do
  if deadline then redis.call('PEXPIREAT', key, deadline) else redis.call('PERSIST', key) end
end
`;

/** Where ids of commits may have been deleted, one that is not there may have landed all the same. */
export const IS_UNSURE = `forgotten > 0 and (lost or tonumber(since) < forgotten)`;
