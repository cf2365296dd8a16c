/** The command as a function, for programs that have it run within them. */
export { run, type Io } from './run';
