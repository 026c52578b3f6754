import type { Peer } from './peers.ts'

/**
 * The endpoints of two services as one group, where `percent` of the requests go to the second one,
 * whatever their numbers and weights are. Backups of the second one stay out: behind a share there
 * stands the rest of the group.
 *
 * @param steps how fine the shares may be; where each step costs memory, fewer of them do.
 */
export function withShare(
  own: readonly Peer[],
  other: readonly Peer[],
  percent: number,
  steps: number,
): readonly Peer[] {
  const parts = [
    ...scaled(own.filter(isMain), steps * (100 - percent)),
    ...scaled(other.filter(isMain), steps * percent),
  ]
  const unit = parts.reduce((sum, { weight }) => commonDivisor(sum, weight), 0)
  const main = parts.map((peer) => ({ ...peer, weight: peer.weight / unit }))
  const peers = new Map([...own.filter((peer) => !isMain(peer)), ...main].map(byAddress))
  return [...peers.values()].sort((a, b) => (a.peer < b.peer ? -1 : 1))
}

function scaled(peers: readonly Peer[], total: number): readonly Peer[] {
  const sum = peers.reduce((before, { weight }) => before + weight, 0)
  return peers.map((peer) => ({
    ...peer,
    weight: Math.max(1, Math.round((total * peer.weight) / sum)),
  }))
}

function isMain({ isBackup }: Peer): boolean {
  return !isBackup
}

function byAddress(peer: Peer): readonly [string, Peer] {
  return [peer.peer, peer]
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}
