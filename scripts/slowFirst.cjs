const { default: Sequencer } = require('@jest/test-sequencer');

/** Files that take more than ten seconds: whichever starts last ends the run. */
const SLOW = [
  'modelChecker',
  'examples',
  'conformance',
  'clientKits',
  'scenarios',
  'policy',
  'redisModel',
  'brokenStores',
  'sentinel',
  'cluster',
  'failures',
  'killedApprovers',
  'replayedStep',
  'clients',
  'answers',
  'expiry',
  'faults',
  'docs',
  'quickstart',
  'killedChatServer',
  'killedRun',
  'killedCompaction',
  'version',
  'chatPage',
  'chatServer',
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
