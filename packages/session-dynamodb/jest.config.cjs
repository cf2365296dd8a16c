module.exports = {
  ...require('../../jest.preset.cjs'),
  globalSetup: '@agent-sessions/engines/jest-dynamodb',
  globalTeardown: '@agent-sessions/engines/jest-teardown',
};
