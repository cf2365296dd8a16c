/** Sessions into files and out of them, from one backend to another, and from what other packages have stored. */
export { copySession, type CopyReport } from './copySession';
export {
  copySessions,
  sessionIdsOf,
  type CopySessionsOptions,
  type CopySessionsReport,
  type SessionCopy,
} from './copySessions';
export type { ExportHeader } from './exportFormat';
export { exportSession } from './exportSession';
export { fromResponsesItems } from './fromResponsesItems';
export { itemsInJson } from './itemsInJson';
export { importSession } from './importSession';
export { storedSessionId } from '../session/sessionId';
export type { StorageFinding } from './storageFinding';
export type { ReadableSession } from './sessionContent';
