/** What a user needs of a server that serves it sessions, whose keys all begin with the default prefix: see the README. */
export const LEAST_RIGHTS = [
  'reset',
  'on',
  '~openai_agents_session:*',
  ...['+evalsha', '+eval', '+hmget', '+lrange', '+llen', '+time', '+hkeys'],
  ...['+rpush', '+ltrim', '+hset', '+hdel', '+unlink', '+pexpireat', '+persist'],
];
/** And besides, for `createCluster`. */
export const CLUSTER_RIGHTS = ['+cluster|slots'];
