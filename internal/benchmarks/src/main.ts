import { fileURLToPath } from 'node:url';
import { Progress } from './measure/progress';
import { Quietness } from './measure/quietness';
import { readOptions, USAGE, type Options } from './options';
import { CONTESTANTS_TABLE } from './report/contestantsTable';
import { machine, versions } from './report/environment';
import type { Section } from './report/section';
import { toTerminal } from './report/terminal';
import { write } from './report/write';
import { SUITES } from './suites';
import { QUICK, WHOLE } from './suites/scale';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

async function main({ words, isQuick, writes, lists }: Options): Promise<void> {
  const suites = SUITES.filter(({ name }) => words.every((word) => name.includes(word.toLowerCase())));
  if (lists || suites.length === 0) {
    console.log(SUITES.map(({ name }) => name).join('\n'));
    return;
  }
  const progress = new Progress();
  const quietness = new Quietness();
  const sections: Section[] = [CONTESTANTS_TABLE];
  await quietness.look();
  await quietness.calibrate();
  for (const suite of suites) {
    try {
      sections.push(await suite.run({ scale: isQuick ? QUICK : WHOLE, progress }));
    } catch (error) {
      // The others can be measured all the same.
      console.error(`\n${suite.name} failed:`, error);
      process.exitCode = 1;
    }
    await quietness.calibrate();
  }
  progress.end();
  for (const section of sections) console.log(`${toTerminal(section)}\n`);
  const { doubts } = quietness;
  const verdict =
    doubts.length === 0
      ? 'The machine was quiet.'
      : `The machine was too busy for these figures to be trusted: ${doubts.join('; ')}.`;
  console.log(`${machine()}\n${versions()}\n\n${verdict}`);
  if (writes && process.exitCode === undefined) {
    await write(
      ROOT,
      sections,
      `By \`npm run bench -- --write\`, on ${machine()}. ${versions()}.\n\n${verdict}`,
    );
  }
}

let options: Options | undefined;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 1;
}
if (options !== undefined) await main(options);
