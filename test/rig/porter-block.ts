/** What the porter sends again and again; he is a program of his own and makes the same. */
export const BLOCK = Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * 7) & 255))
