import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bin, root, run } from './run.mjs';
import { workspacePackages } from './workspace.mjs';

/** The checks that only read the sources, two at a time. */
export async function checkSources(report) {
  const typed = ['.', ...workspacePackages().map(({ folder }) => folder)].filter((folder) =>
    existsSync(join(root, folder, 'tsconfig.json')),
  );
  const checks = [
    ['lint', [bin('eslint'), '.', '--max-warnings', '0']],
    ['format', [bin('prettier'), '--check', '.']],
    ['unused code and dependencies', [bin('knip')]],
    ...typed.map((folder) => [
      `types of ${folder === '.' ? 'the root' : folder}`,
      [bin('tsc'), '-p', folder, '--pretty', 'false'],
    ]),
  ];
  const worker = async () => {
    for (let next = checks.shift(); next !== undefined; next = checks.shift()) {
      const [name, command] = next;
      await report.check(name, () => run(command));
    }
  };
  await Promise.all([worker(), worker()]);
}
