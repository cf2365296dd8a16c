/** The Lua functions that `read` and `commit` name a session's state with. */
export const REVISION = `
-- Microseconds since the epoch, which a double holds exactly until 2255.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1e6 + time[2]
end
local function digits(number) return string.format('%.0f', number) end
-- Names a state that nobody can refer to: made up anew each time, so equal to no revision before or after.
local function unnamed() return '~' .. digits(clock()) end

-- '0': there is no session. '~...': a key was lost or edited outside of these scripts. Otherwise 'rev', which holds the
-- length that the list must have.
local function revision(rev, length)
  if not rev and length == 0 then return '0' end
  if rev and #rev <= 128 and tonumber(string.match(rev, '^%d+%.(%d+)%.[%w_-]+$')) == length then return rev end
  return unnamed()
end
`;
