const { default: Sequencer } = require('@jest/test-sequencer');

/** Files that take more than ten seconds, in the order of their length: whichever starts last ends the run. */
const SLOW = [
  'scenarios',
  'sentinel',
  'docs',
  'quickstart',
  'cluster',
  'killedRun',
  'expiry',
  'faults',
  'clientKits',
  'version',
];

const rank = ({ path }) => {
  const index = SLOW.findIndex((name) => path.endsWith(`/${name}.test.ts`));
  return index === -1 ? SLOW.length : index;
};

/** Jest knows how long a file takes only where it ran before; in a fresh clone this list does. */
module.exports = class SlowFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
};
