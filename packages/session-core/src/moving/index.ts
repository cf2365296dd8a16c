/** Sessions into files and out of them, and from what other packages have stored. */
export type { ExportHeader } from './exportFormat';
export { exportSession, type ReadableSession } from './exportSession';
export { fromResponsesItems } from './fromResponsesItems';
export { itemsInJson } from './itemsInJson';
export { importSession } from './importSession';
