/** What a server might give to histories: those of some thirty sessions of a thousand items. */
export const CACHE_BYTES = 64 * 1_024 * 1_024;
