/** One jest set-up for every package: sources run as they are, types are checked by `typecheck`. */
module.exports = {
  testEnvironment: `${__dirname}/scripts/promptEnvironment.cjs`,
  // Ends what hangs. Some tests take most of a minute on a busy machine.
  testTimeout: 180_000,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      'ts-jest',
      {
        tsconfig: {
          module: 'commonjs',
          moduleResolution: 'bundler',
          target: 'ES2022',
          esModuleInterop: true,
          isolatedModules: true,
          verbatimModuleSyntax: false,
        },
        diagnostics: false,
      },
    ],
  },
  moduleNameMapper: {
    '^@agent-sessions/(session-[a-z]+)$': `${__dirname}/packages/$1/src/index.ts`,
    '^@agent-sessions/(session-[a-z]+)/([a-z]+)$': `${__dirname}/packages/$1/src/$2`,
  },
};
