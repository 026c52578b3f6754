import { networkInterfaces } from 'node:os'

/** Interfaces that container engines and hypervisors make: nobody reaches this host through them. */
const INTERNAL = /^(?:docker|br-|veth|virbr|cni|podman|flannel|cali|lxc|lxd)/

/**
 * Addresses at which other hosts may reach published ports, best first: what the operator says, then
 * what the machine has, the old protocol before the new one.
 */
export function hostAddresses(advertised: readonly string[]): readonly string[] {
  const found = Object.entries(networkInterfaces())
    .filter(([name]) => !INTERNAL.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter((it) => !it.internal && !it.address.startsWith('fe80:'))
    .sort((a, b) => a.family.localeCompare(b.family))
    .map((it) => it.address)
  return [...new Set([...advertised, ...found])]
}
