import path from 'node:path'

/**
 * Where Node keeps what it made of our sources. A run of all tests starts some six hundred processes, and
 * each would strip the types of a hundred files and compile them anew: half of its start. Node compares
 * contents before it takes anything from here, so nothing here can be out of date; one file is kept for
 * each source.
 */
export const COMPILED = path.resolve(import.meta.dirname, '../../node_modules/.cache/compiled')
