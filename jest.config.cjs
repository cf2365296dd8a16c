const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

/** The suites of every package. A package's own jest.config.cjs says what they need. */
const projects = ['packages', 'internal']
  .flatMap((parent) => readdirSync(join(__dirname, parent)).map((name) => join(parent, name)))
  .filter((folder) => existsSync(join(__dirname, folder, 'jest.config.cjs')))
  .flatMap((folder) => {
    const config = require(`./${folder}/jest.config.cjs`);
    // Jest does not look for the projects of a project.
    return config.projects ?? [{ displayName: folder, rootDir: join(__dirname, folder), ...config }];
  });

/** One pool for all of them, so that no package waits for another's slow file. */
module.exports = {
  projects,
  // Jest takes the limit of the whole run, not those of its projects.
  testTimeout: require('./jest.preset.cjs').testTimeout,
  testSequencer: './scripts/slowFirst.cjs',
  maxWorkers: 2,
};
