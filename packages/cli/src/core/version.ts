/** Of the whole repository: all packages are released together. Held equal to package.json by a test. */
export const VERSION = '0.1.0'

/** The first tokens of every subject on the bus; another number is another language. */
export const PROTOCOL = 'rs.v1'
