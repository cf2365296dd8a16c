import { join } from 'node:path';

/** How node runs TypeScript of this workspace: as it stands, and so that of the published packages that it imports. */
export const TYPESCRIPT = {
  execArgv: ['--import', 'tsx'],
  env: { TSX_TSCONFIG_PATH: join(__dirname, '../../../tsconfig.sources.json') },
} as const;
