/** Addresses that mean "this machine" to whoever says them, and another machine to who hears them. */
const OWN = new Set(['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '[::]'])

/**
 * Where something that a master told us of can be reached from here. A master knows what sits beside it,
 * its NATS or the other master of a pair, by a loopback address: then the address by which we reached
 * that master is the right one.
 *
 * @param told one URL or several, comma-separated
 */
export function reachableAddress(told: string, reachedAt: string): string {
  const { hostname } = new URL(reachedAt)
  return told
    .split(',')
    .map((address) => {
      const url = new URL(address.trim())
      if (!OWN.has(url.hostname) || OWN.has(hostname)) return address.trim()
      return `${url.protocol}//${hostname}${url.port === '' ? '' : `:${url.port}`}`
    })
    .join(',')
}

/** Where what listens on this address is reached from the machine itself, as in a URL. */
export function localHost(bind: string): string {
  if (bind === '0.0.0.0') return '127.0.0.1'
  if (bind === '::') return '[::1]'
  return bind.includes(':') ? `[${bind}]` : bind
}
