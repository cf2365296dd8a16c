/** All that moves sessions of any backend, so that an application installs one package. */
export * from '@agent-sessions/session-core/moving';
export { readPythonItems, type PythonDynamoDBOptions } from './readPythonItems';
export { verifySession, type VerifyDynamoDBOptions } from './verifySession';
