import { simulate } from './test/simulation';
import { linearize } from './src/checker/linearize';
const [clients, calls, share, seed] = process.argv.slice(2).map(Number) as [number, number, number, number];
(globalThis as any).DEBUG = true;
console.log(linearize(simulate(seed, clients, calls, share), 20000));
