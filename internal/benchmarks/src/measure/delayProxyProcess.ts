import { startDelayProxy } from '@agent-sessions/engines';

/** Run with the host and port of a server and a round trip's milliseconds: says its own port to its parent. */
const [host = '', port, roundTripMs] = process.argv.slice(2);
const proxy = await startDelayProxy({ host, port: Number(port) }, Number(roundTripMs));
process.once('disconnect', () => process.exit());
process.send?.(proxy.port);
