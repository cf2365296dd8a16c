import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

/**
 * Compares what each entry point of the package in the current folder exports, as it is built, with the reports in
 * etc/api; with --update it writes them instead.
 */
const update = process.argv.includes('--update');
const folder = process.cwd();
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const reports = join(root, 'etc/api');
const fresh = join(folder, 'node_modules/.cache/api');
for (const dir of [reports, fresh]) mkdirSync(dir, { recursive: true });

for (const [entry, conditions] of Object.entries(manifest.exports)) {
  if (conditions.import === undefined) continue;
  const file = `${[manifest.name.split('/').at(-1), ...entry.split('/').slice(1)].join('-')}.api.md`;
  if (extract(conditions.import.types, file) || update) continue;
  process.exitCode = 1;
  console.log(`${entry} exports something else than etc/api/${file} says. \`npm run api\` updates it.`);
  console.log(difference(join(reports, file), join(fresh, file)));
}

/** Whether the report says what the types of this entry point say. */
function extract(types, file) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, types),
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { extends: join(root, 'tsconfig.base.json') } },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: file,
        reportFolder: reports,
        reportTempFolder: fresh,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
  const { apiReportChanged, errorCount } = Extractor.invoke(config, {
    localBuild: update,
    // What it would say is said here, with the command that mends it.
    messageCallback: (message) => {
      if (message.category === 'console') message.logLevel = 'none';
    },
  });
  if (errorCount > 0) process.exitCode = 1;
  return !apiReportChanged;
}

function difference(before, after) {
  try {
    execFileSync('diff', ['-uN', '--label', 'etc/api', '--label', 'as built', before, after]);
    return '';
  } catch (error) {
    return String(error.stdout);
  }
}
