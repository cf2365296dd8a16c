const preset = require('../../jest.preset.cjs');

const suite = {
  ...preset,
  displayName: 'newest SDK',
  rootDir: __dirname,
  globalSetup: '@agent-sessions/engines/jest-redis-and-dynamodb',
  globalTeardown: '@agent-sessions/engines/jest-teardown',
  setupFiles: ['<rootDir>/test/sdk/realm.ts'],
};

/**
 * What concerns the SDK again, on an earlier version of it. The scripted model of the newest one serves where a version
 * brings none. On one of them, all sessions in databases encrypt and compress.
 */
function onSdk(version, { testing = true, areEncrypted = false } = {}) {
  const alias = `openai-agents-${version.replace(/\.\d+$/, '').replace('.', '-')}`;
  return {
    ...suite,
    displayName: `SDK ${version}`,
    testMatch: ['<rootDir>/test/sdk/**/*.test.ts'],
    moduleNameMapper: {
      ...preset.moduleNameMapper,
      '^@openai/agents$': alias,
      ...(testing && { '^@openai/agents/testing$': `${alias}/testing` }),
    },
    globals: { sdkVersion: version, areEncrypted },
  };
}

module.exports = {
  // Jest leaves one core alone by default, and these tests wait a lot.
  maxWorkers: '100%',
  // Jest takes the limit of the whole run, not those of its projects.
  testTimeout: preset.testTimeout,
  projects: [suite, onSdk('0.18.0', { areEncrypted: true }), onSdk('0.15.0', { testing: false })],
};
