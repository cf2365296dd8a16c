module.exports = {
  ...require('../../jest.preset.cjs'),
  globalSetup: '@agent-sessions/engines/jest-redis-and-dynamodb',
  globalTeardown: '@agent-sessions/engines/jest-teardown',
};
