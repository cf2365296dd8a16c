import { stopAll } from './running';

/** Jest's globalTeardown for every set-up beside this file. */
export default stopAll;
