import { findBinary } from './findBinary';

export const CHROMIUM_MISSING =
  'Chromium is not installed. Install it (Debian: sudo apt-get install chromium; elsewhere Chrome will do), or set CHROMIUM ' +
  'to the path of one.';

/** A browser's binary: the one that `CHROMIUM` names, or one on PATH. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM;
  return named !== undefined && named !== ''
    ? named
    : findBinary('chromium', 'chromium-browser', 'google-chrome');
}
