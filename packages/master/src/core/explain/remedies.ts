import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import type { Graph } from '../graph/graph.ts'
import { drainOf } from '../graph/select.ts'

/** What to do, once each; nothing for what is well. */
export function remediesOf(verdicts: readonly Verdict[], graph: Graph): string[] {
  const bad = verdicts.filter(({ reason }) => reason !== 'routed')
  const remedies = bad.flatMap((verdict) => [
    reasonTable[verdict.reason].remedy,
    ...(verdict.reason === 'drained' ? undrainings(verdict, graph) : []),
  ])
  return [...new Set(remedies)]
}

/** To be typed as it stands. Who drained it with a run takes it back at the end of that. */
function undrainings({ host, container, containerName }: Verdict, graph: Graph): string[] {
  const drain = drainOf(graph, host, container)
  if (drain === undefined) return []
  if (drain.run !== undefined) return [`To see how far that is: roadstead runs ${drain.run}`]
  const hostName = graph.hosts.get(host)?.facts.name ?? host
  return [
    drain.container === undefined
      ? `roadstead undrain --host ${hostName}`
      : `roadstead undrain ${hostName}/${containerName}`,
  ]
}
