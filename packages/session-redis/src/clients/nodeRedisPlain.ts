import type {
  NodeRedisClient,
  NodeRedisCommandOptions,
  NodeRedisCommands,
  NodeRedisPlainCommands,
} from './nodeRedisClient';
import type { RedisScriptCall } from '../scripts/script';

interface NodeRedisPlainClient extends NodeRedisClient {
  withCommandOptions(options: NodeRedisCommandOptions): NodeRedisPlainCommands;
}

/** A command that redis 6.3 has and versions before it have not. */
const SINCE_6_3 = 'hImportSet';

/**
 * Of the four kinds of clients, only the plain one makes pools. Of redis 5, it may hand over an answer that comes late to
 * another command, once its connection has broken (https://github.com/redis/node-redis/pull/3209); and its `sendCommand`
 * forgets the options of `withCommandOptions`. So it is treated as one of which nothing is known: what scripts reply says
 * which call it is for.
 */
export function isPlain(client: NodeRedisClient): client is NodeRedisPlainClient {
  return 'createPool' in client && SINCE_6_3 in client;
}

/**
 * The commands of a plain client by `sendCommand`, without options: what its methods do besides takes 10 µs per command, most
 * of that to merge options with themselves. Only the methods know of the client's own key prefix.
 */
export function shortCommands(
  client: NodeRedisPlainClient,
  options: NodeRedisCommandOptions,
): NodeRedisCommands {
  const commands = client.withCommandOptions(options);
  const { keyPrefix } = (client.options ?? {}) as { readonly keyPrefix?: unknown };
  if (keyPrefix !== undefined) return commands;
  const script = (command: string, text: string, { keys, arguments: args }: RedisScriptCall) =>
    commands.sendCommand([command, text, `${keys.length}`, ...keys, ...args]);
  return {
    evalSha: (sha1, call) => script('EVALSHA', sha1, call),
    eval: (lua, call) => script('EVAL', lua, call),
    hmGet: (key, fields) => commands.sendCommand(['HMGET', key, ...fields]),
    lLen: (key) => commands.sendCommand(['LLEN', key]),
    lRange: (key, start, stop) => commands.sendCommand(['LRANGE', key, `${start}`, `${stop}`]),
    pTTL: (key) => commands.sendCommand(['PTTL', key]),
    multi: () => commands.multi(),
  };
}
