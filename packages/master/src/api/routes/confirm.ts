import { z } from 'zod'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { DecisionWriter } from '../decision-writer.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

export interface ConfirmDeps {
  readonly read: Pick<ReadModel, 'decisions' | 'edges'>
  readonly writer: DecisionWriter
  /** The tables that follow may take away what the edges would hold back. */
  readonly onConfirmed: () => void
  readonly log: Log
}

const FREEZE_KEY = 'd.freeze.site'
const Confirmed = z.object({
  /** Hosts that may now be taken for lost. */
  hosts: z.array(z.string()),
  /** Edges that held a table back and get it again with an order to take it. */
  edges: z.array(z.string()),
})

/** A person says that the loss is real: what a freeze, or the guard of an edge, held back may go on. */
export function addConfirm(app: ApiServer, deps: ConfirmDeps): void {
  const { read, writer, onConfirmed, log } = deps
  const schema = { response: { 200: Confirmed } }
  app.post('/api/v1/confirm', { schema }, async ({ caller }) => {
    const decision = read.decisions().get(FREEZE_KEY)
    const freeze = decision?.kind === 'freeze' ? decision : undefined
    const edges = read.edges().filter(({ outcome }) => outcome.kind === 'held')
    if (freeze === undefined && edges.length === 0) {
      throw new RoadsteadError('not-found', { why: 'nothing waits to be confirmed' })
    }
    const by = caller?.name ?? ''
    onConfirmed()
    if (freeze !== undefined) {
      await writer.write([{ key: FREEZE_KEY, decision: { ...freeze, confirmedBy: by } }])
    }
    const hosts = [...(freeze?.hosts ?? [])]
    log.info({ by, hosts: hosts.length, edges: edges.length }, 'loss confirmed')
    return { hosts, edges: edges.map(({ id }) => id) }
  })
}
