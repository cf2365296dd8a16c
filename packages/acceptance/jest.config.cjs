const preset = require('../../jest.preset.cjs');

const suite = {
  ...preset,
  rootDir: __dirname,
  globalSetup: '@agent-sessions/engines/jest-redis-and-dynamodb',
  globalTeardown: '@agent-sessions/engines/jest-teardown',
  setupFiles: ['<rootDir>/test/sdk/realm.ts'],
};

/** What concerns the SDK again, on an earlier version of it. */
function onSdk(version) {
  return {
    ...suite,
    displayName: `SDK ${version}`,
    testMatch: ['<rootDir>/test/sdk/**/*.test.ts'],
    moduleNameMapper: { ...preset.moduleNameMapper, '^@openai/agents(/.*)?$': `openai-agents-${version}$1` },
    globals: { sdkTsconfig: `tsconfig.sdk-${version}.json` },
  };
}

module.exports = { projects: [suite, onSdk('0-18'), onSdk('0-16')] };
