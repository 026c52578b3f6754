import { readFileSync } from 'node:fs'
import { holdersOf } from './proc.ts'
import type { Edge } from './parts.ts'

/** The processes of an edge's nginx, told apart by the titles that they give themselves. */
export function nginxOf({ stateDir }: Pick<Edge, 'stateDir'>): {
  readonly master: number
  readonly workers: number[]
} {
  const titled = holdersOf(stateDir).map((pid) => ({ pid, title: titleOf(pid) }))
  const master = titled.find(({ title }) => title.startsWith('nginx: master'))?.pid
  if (master === undefined) throw new Error('no nginx runs at this edge')
  const workers = titled.filter(({ title }) => title.startsWith('nginx: worker'))
  return { master, workers: workers.map(({ pid }) => pid) }
}

function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
