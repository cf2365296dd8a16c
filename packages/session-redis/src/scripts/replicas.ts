import { defineScript } from './script';

/**
 * The Lua that names what a reply rests on: `replication_id`, of the master that gives it, out of `info`. A server that becomes
 * master, or starts again as one, takes an id that no other has had:
 * https://redis.io/docs/latest/operate/oss_and_stack/management/replication/ (Replication ID).
 */
const REPLICATION = `
if redis.acl_check_cmd and not redis.acl_check_cmd('WAIT', 1, 0) then
  return redis.error_reply('NOPERM this user may not run WAIT')
end
local info = redis.call('INFO', 'replication')
if not string.find(info, 'role:master', 1, true) then
  return redis.error_reply('READONLY a replica confirms nothing')
end
local replication_id = string.match(info, 'master_replid:(%x+)')
if not replication_id then
  return redis.error_reply('ERR this server has no replication id to confirm by')
end
`;

/**
 * Gives `rests`: that id, or '' where the caller waits for no replicas.
 *
 * @param count - the Lua of how many the caller waits for, or ''
 */
export const restsOn = (count: string): string => `
local rests = ''
if ${count} ~= '' then
${REPLICATION}
  rests = replication_id
end
`;

/** Small, and sent by EVAL: in a pipeline there is no falling back. */
export const REPLICAS = defineScript(`
-- Tells how far this master and its replicas are.
-- KEYS:  1 meta (HASH)
-- ARGV:  1 '1' to write as well, so that a WAIT behind it asks the replicas: it does not for a connection that wrote
--        nothing. What is written is there already. Where memory is too short for that, they report once a second.
-- Reply: the replication id, the offset, and the offset that each replica has acknowledged, in one string
${REPLICATION}
local reply = replication_id .. ' ' .. string.match(info, 'master_repl_offset:(%d+)')
for offset in string.gmatch(info, 'state=online,offset=(%d+)') do reply = reply .. ' ' .. offset end
local state = ARGV[1] == '1' and redis.call('HMGET', KEYS[1], 'state')[1]
if state then redis.pcall('HSET', KEYS[1], 'state', state) end
return reply
`);
