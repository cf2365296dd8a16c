import { defineScript } from './script';

export const READ_LIST = defineScript(`
-- Reads a list of somebody else. Writes nothing.
-- KEYS:  1 the list
-- Reply: {element, ...}, the first one first
return redis.call('LRANGE', KEYS[1], 0, -1)
`);

export const LOOK_FOR_OTHERS = defineScript(`
-- Looks at a key under which other packages keep sessions. Writes nothing.
-- KEYS:  1 the key
-- Reply: {'list', its first element} | {'hash', its session_id} | {'none'}
local first = redis.pcall('LRANGE', KEYS[1], 0, 0)
if first[1] then return {'list', first[1]} end
if not first.err then return {'none'} end
local fields = redis.pcall('HMGET', KEYS[1], 'session_id')
return fields[1] and {'hash', fields[1]} or {'none'}
`);
