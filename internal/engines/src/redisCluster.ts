import { startAll, stopAll } from './startAll';
import { startRedisServer, type RedisEngine } from './redisServer';
import { redisCommand } from './resp';
import { until } from './until';

export interface ClusterNode extends RedisEngine {
  /** The node's id within the cluster. */
  readonly id: string;
  /** The first and the last of a master's hash slots, as they were at the start. */
  readonly slots: readonly [number, number] | undefined;
}

export interface RedisCluster {
  readonly masters: readonly ClusterNode[];
  /** As many as masters, each replicating the master at its index. */
  readonly replicas: readonly ClusterNode[];
  /** What a cluster client begins with. */
  readonly rootNodes: readonly { readonly url: string }[];
  readonly stop: () => Promise<void>;
}

const SLOTS = 16_384;
const MASTERS = 3;

/** Three masters with a replica each. A master that is killed is replaced within a few seconds. */
export async function startRedisCluster(
  options: { readonly args?: readonly string[] } = {},
): Promise<RedisCluster> {
  const servers = await startAll(2 * MASTERS, () =>
    startRedisServer({
      // A node talks to the others on the port 10,000 above its own.
      highestPort: 55_535,
      args: [
        ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'],
        ...['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'],
        ...(options.args ?? []),
      ],
    }),
  );
  try {
    return await join(servers);
  } catch (error) {
    await stopAll(servers);
    throw error;
  }
}

async function join(servers: readonly RedisEngine[]): Promise<RedisCluster> {
  const nodes = await Promise.all(
    servers.map(async (server, index): Promise<ClusterNode> => {
      await redisCommand(server, 'CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`);
      const id = (await redisCommand(server, 'CLUSTER', 'MYID')) as string;
      return { ...server, id, slots: index < MASTERS ? slotsOf(index) : undefined };
    }),
  );
  const masters = nodes.slice(0, MASTERS);
  const replicas = nodes.slice(MASTERS);
  for (const master of masters) {
    await redisCommand(master, 'CLUSTER', 'ADDSLOTS', ...numbersOf(master.slots));
  }
  for (const { host, port } of nodes.slice(1)) {
    await redisCommand(nodes[0] as ClusterNode, 'CLUSTER', 'MEET', host, `${port}`);
  }
  await untilAll(nodes, 'every node of the cluster knows every other', async (node) => {
    const known = (await redisCommand(node, 'CLUSTER', 'NODES')) as string;
    return nodes.every(({ id }) => known.includes(id)) && !known.includes('handshake');
  });
  for (const [index, replica] of replicas.entries()) {
    await redisCommand(replica, 'CLUSTER', 'REPLICATE', masters[index]?.id ?? '');
  }
  await untilAll(replicas, 'every replica is in step with its master', async (replica) =>
    ((await redisCommand(replica, 'INFO', 'replication')) as string).includes('master_link_status:up'),
  );
  await untilAll(nodes, 'every node of the cluster serves all slots, with all replicas', async (node) => {
    const info = (await redisCommand(node, 'CLUSTER', 'INFO')) as string;
    const known = (await redisCommand(node, 'CLUSTER', 'NODES')) as string;
    return info.includes('cluster_state:ok') && known.match(/slave/g)?.length === replicas.length;
  });
  return {
    masters,
    replicas,
    rootNodes: nodes.map(({ url }) => ({ url })),
    stop: () => stopAll(servers),
  };
}

/** The hash slots of a master: an equal share. */
function slotsOf(master: number): readonly [number, number] {
  const share = SLOTS / MASTERS;
  return [Math.ceil(master * share), Math.ceil((master + 1) * share) - 1];
}

function numbersOf([first, last]: readonly [number, number] = [1, 0]): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}`);
}

async function untilAll(
  nodes: readonly ClusterNode[],
  what: string,
  holds: (node: ClusterNode) => Promise<boolean>,
): Promise<void> {
  await Promise.all(nodes.map((node) => until(what, () => holds(node))));
}
