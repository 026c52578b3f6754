/**
 * SHA-256 of a text, as 64 lower-case hex digits. Passed in wherever pure code needs a hash: the
 * platform's own implementation is an outside thing, and the browser's differs from Node's.
 */
export type Digest = (text: string) => string
