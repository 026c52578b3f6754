const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Where a host that joins reaches NATS. A master that sits beside its NATS knows it by a loopback
 * address, which means another machine over here: then the address by which we reached that master is
 * the right one.
 */
export function natsAddressFor(natsUrl: string, joinedAt: string): string {
  const { hostname } = new URL(joinedAt)
  if (LOOPBACK.has(hostname)) return natsUrl
  return natsUrl
    .split(',')
    .map((address) => {
      const url = new URL(address.trim())
      if (!LOOPBACK.has(url.hostname)) return address.trim()
      return `${url.protocol}//${hostname}${url.port === '' ? '' : `:${url.port}`}`
    })
    .join(',')
}
