const HEAD = '# Written by roadstead-edge; edits are lost.\n'

/** The file of the streams, with or without any. */
export function streamFile(body: string): string {
  return HEAD + body
}

/** Undefined when it is not a file of ours. */
export function streamsIn(text: string): string | undefined {
  return text.startsWith(HEAD) ? text.slice(HEAD.length) : undefined
}
