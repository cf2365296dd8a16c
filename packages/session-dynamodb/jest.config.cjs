const preset = require('../../jest.preset.cjs');

const suite = {
  ...preset,
  displayName: 'packages/session-dynamodb',
  rootDir: __dirname,
  globalSetup: '@agent-sessions/engines/jest-dynamodb',
  globalTeardown: '@agent-sessions/engines/jest-teardown',
};

/** What concerns the AWS SDK again, on the oldest version of the peer range. */
const oldest = {
  ...suite,
  displayName: 'AWS SDK 3.363',
  globals: { onOldestSdk: true },
  testMatch: ['clients', 'conformance', 'failures'].map((name) => `<rootDir>/test/${name}.test.ts`),
  moduleNameMapper: {
    ...preset.moduleNameMapper,
    '^@aws-sdk/client-dynamodb$': 'client-dynamodb-3-363',
    '^@aws-sdk/lib-dynamodb$': 'lib-dynamodb-3-363',
  },
};

module.exports = {
  // Jest takes the limit of the whole run, not those of its projects.
  testTimeout: preset.testTimeout,
  projects: [suite, oldest],
};
