import { simulate } from './test/simulation';
import { linearize } from './src/checker/linearize';
const [clients, calls, share, from, to] = process.argv.slice(2).map(Number) as [number, number, number, number, number];
const verdicts: Record<string, number> = {}; let worst = 0;
for (let seed = from; seed < to; seed++) {
  const h = simulate(seed, clients, calls, share);
  const t = performance.now(); const v = linearize(h, 300000); const ms = performance.now() - t;
  if (v.verdict !== 'linearizable') console.log(seed, h.length, h.filter(o => o.until === Infinity).length, JSON.stringify(v).slice(0, 300));
  verdicts[v.verdict] = (verdicts[v.verdict] ?? 0) + 1; worst = Math.max(worst, ms);
}
console.log(process.argv.slice(2).join(' '), verdicts, 'worst', worst.toFixed(0));
