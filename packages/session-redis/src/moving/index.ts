/** All that moves sessions of any backend, so that an application installs one package. */
export * from '@agent-sessions/session-core/moving';
export type { PythonPackage } from '../layout/otherLayouts';
export { readPythonItems, type PythonRedisOptions } from './readPythonItems';
export { verifySession, type VerifyRedisOptions } from './verifySession';
