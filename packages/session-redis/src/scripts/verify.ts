import { defineScript } from './script';

export const VERIFY = defineScript(`
-- Reads all that is stored of a session, whatever it is. Writes nothing.
-- KEYS:  1 items (LIST)  2 meta (HASH)
-- Reply: {TYPE items, TYPE meta, {field, value, ...}, {element, ...}, PTTL items, PTTL meta}
local items, meta = KEYS[1], KEYS[2]
local kinds = {redis.call('TYPE', items).ok, redis.call('TYPE', meta).ok}
local fields = kinds[2] == 'hash' and redis.call('HGETALL', meta) or {}
local elements = kinds[1] == 'list' and redis.call('LRANGE', items, 0, -1) or {}
return {kinds[1], kinds[2], fields, elements, redis.call('PTTL', items), redis.call('PTTL', meta)}
`);
