import { lostAnswers, brokenNetwork } from "./src/scenarios/lostAnswers"; import * as R from "./src/scenarios/redisServer";
import { Dice } from './src/workload/dice';
import { Tally } from './src/workload/tally';
async function main() {
  for (const s of [R.silentServer]) for (const b of ["redis"] as const) {
    const figures = new Tally(); const t = performance.now();
    try { await s.run(b, 'short', { dice: new Dice(Number(process.argv[2] ?? 1)), figures }); } catch (e) { console.log("FAILED", e); }
    console.log(s.name, b, ((performance.now()-t)/1000).toFixed(1)+'s', figures.toString());
  }
}
void main();
