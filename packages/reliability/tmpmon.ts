import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { faultsAtRandom } from '@agent-sessions/engines';
import { play } from './src/scenarios/stage';
import { MIXED } from './src/workload/workload';
import { RedisWorld } from './src/worlds/redisWorld';
import { Dice } from './src/workload/dice';
import { Tally } from './src/workload/tally';
async function main() {
  for (let round = 0; round < 40; round++) {
    const world = await RedisWorld.open();
    const port = (world.address(0), (world as any)['options'], world.judge);
    const info = (await world.command('CONFIG', 'GET', 'port')) as string[];
    const mon = spawn('redis-cli', ['-p', info[1]!, 'MONITOR']);
    const out = createWriteStream('/tmp/monitor.log'); mon.stdout.pipe(out);
    await new Promise((r) => setTimeout(r, 200));
    const dice = new Dice(3); const figures = new Tally();
    world.proxy.plan = faultsAtRandom(dice.next(), { cut: 0.03, cutRequest: 0.03, swallow: 0.04, cutAnswer: 0.03, split: 0.05, delay: 0.1, maxDelayMs: 20 });
    try { await play(world, { sessions: 4, writers: 4, calls: dice.integer(20, 80), connections: 6, workload: MIXED }, { dice, figures }); }
    catch (e) { console.log(round, String(e)); mon.kill(); await world.close(); return; }
    mon.kill();
    await world.close();
  }
}
void main();
