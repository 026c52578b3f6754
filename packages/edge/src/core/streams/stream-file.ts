const HEAD = '# Written by roadstead-edge; edits are lost.\n'

/** The file of the streams, with or without any. */
export function streamFile(body: string): string {
  return HEAD + body
}

/** Undefined when it is not a file of ours. */
export function streamsIn(text: string): string | undefined {
  return text.startsWith(HEAD) ? text.slice(HEAD.length) : undefined
}

/**
 * The file for `nginx -t`, which binds every port of its text and listens on it until it exits: whoever
 * came to a new port in that moment would be let in and be reset. So connections are tried at addresses
 * that nobody visits. That the ports can be had is asked elsewhere, and nginx itself says it passes where
 * they cannot.
 */
export function trialFile(body: string): string {
  const trial = body.replace(TCP_LISTEN, `$1${UNVISITED}$2`).replace(TCP_LISTEN_V6, '$1[::1]$2')
  return streamFile(trial)
}

/** As `renderStreams` prints them. */
const TCP_LISTEN = /^( {4}listen )[0-9.]+(:[0-9]+ reuseport;)$/gm
const TCP_LISTEN_V6 = /^( {4}listen )\[[^\] ]+\](:[0-9]+ reuseport;)$/gm
/** All of 127.0.0.0/8 is the machine itself, and programs use the first of it. */
const UNVISITED = '127.113.7.1'
