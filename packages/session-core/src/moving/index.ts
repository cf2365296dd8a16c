/** Sessions into files and out of them, and from what other packages have stored. */
export type { ExportHeader } from './exportFormat';
export { exportSession, type ReadableSession } from './exportSession';
export { importSession } from './importSession';
