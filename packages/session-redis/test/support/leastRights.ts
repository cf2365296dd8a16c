/** What a user needs of a server that serves it sessions, whose keys all begin with the default prefix: see the README. */
export const LEAST_RIGHTS = [
  ...['on', '~openai_agents_session:*', '-@all'],
  ...['+evalsha', '+eval', '+hmget', '+lrange', '+llen', '+pttl', '+time', '+hkeys'],
  ...['+rpush', '+ltrim', '+hset', '+hdel', '+unlink', '+pexpireat', '+persist'],
];
/** And besides, for `createCluster`: to learn who has which slot, and to follow one that moves. */
export const CLUSTER_RIGHTS = ['+cluster|slots', '+asking'];
/** And for `Cluster` of ioredis, which looks first whether the cluster is up. */
export const IOREDIS_CLUSTER_RIGHTS = [...CLUSTER_RIGHTS, '+cluster|info'];
/** And besides, for `waitForReplicas`. */
export const REPLICA_RIGHTS = ['+info', '+wait'];
