module.exports = {
  ...require('../../jest.preset.cjs'),
  globalSetup: '@agent-sessions/engines/jest-redis',
  globalTeardown: '@agent-sessions/engines/jest-teardown',
};
