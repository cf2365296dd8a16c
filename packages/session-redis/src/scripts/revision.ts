/** The Lua function that both `read` and `commit` name a session's state with. */
export const REVISION = `
-- '0': there is no session. '~...': a key was lost or edited outside of these scripts; made up anew each time, so equal
-- to no revision before or after. Otherwise 'rev', which holds the length that the list must have.
local function revision(rev, length)
  if not rev and length == 0 then return '0' end
  if rev and tonumber(string.match(rev, '^%d+%.(%d+)%.')) == length then return rev end
  local time = redis.call('TIME')
  return '~' .. time[1] .. '.' .. time[2]
end
`;
