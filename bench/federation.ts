import type { RigOptions } from '../test/rig/rig.ts'
import { Rig } from '../test/rig/rig.ts'

/** The rig of the scenarios, outside a test: what its processes said is printed when it fails. */
export function federation(options: RigOptions): Promise<Rig> {
  return Rig.start({ after: () => undefined, test: (_name, step) => step() }, options)
}

/** Wall-clock time with fractions, to be compared with an engine's own `timeNano`. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

/** Domains that are only there to be there, 16 to a container, so that a table has its usual size. */
export async function otherDomains(rig: Rig, host: string, count: number): Promise<void> {
  const { engine } = rig.host(host)
  for (let first = 0; first < count; first += DOMAINS_PER_CONTAINER) {
    const size = Math.min(DOMAINS_PER_CONTAINER, count - first)
    const domains = Array.from({ length: size }, (_, at) => `other-${first + at}.bench.test`)
    await engine.run(`other-${first}`, { labels: { 'roadstead.host': domains.join(',') } })
  }
}

const DOMAINS_PER_CONTAINER = 16
