import { lostAnswers, brokenNetwork } from './src/scenarios/lostAnswers';
import * as R from './src/scenarios/redisServer';
import { Dice } from './src/workload/dice';
import { Tally } from './src/workload/tally';
async function main() {
  const [seed, size, filter = '', backendFilter = ''] = process.argv.slice(2);
  for (const s of [lostAnswers, brokenNetwork, ...Object.values(R)].filter(s => s.name.includes(filter))) for (const b of s.backends.filter(b => b.includes(backendFilter))) {
    const figures = new Tally(); const t = performance.now();
    try { await s.run(b, size as 'short', { dice: new Dice(Number(seed)), figures }); } catch (e) { console.log('FAILED', e); }
    console.log(s.name, b, ((performance.now()-t)/1000).toFixed(1)+'s', figures.toString());
  }
}
void main();
