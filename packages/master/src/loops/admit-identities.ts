import type { BusUser } from '@roadstead/bus/permissions.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'

export interface AdmitDeps {
  readonly users: {
    base(): Promise<readonly BusUser[]>
    replace(text: string): Promise<boolean>
  }
  readonly render: (users: readonly BusUser[]) => string
  readonly site: SiteId
  readonly state: {
    readonly graph: { readonly decisions: ReadonlyMap<string, Decision> }
    subscribe(topics: readonly ['graph'], listener: () => void): Disposable
  }
  readonly position: { readonly isCaughtUp: boolean }
  readonly clock: Clock
  readonly log: Log
}

/**
 * Lets enrolled identities into the nats-server that runs from our directory, and revoked ones out.
 * Each master writes the same text, so it does not matter which of them does; the server closes
 * the connections of users that are gone when it reads the file again.
 */
export async function admitIdentities(deps: AdmitDeps, signal: AbortSignal): Promise<void> {
  const { clock, log, position, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph'], () => bell.ring())
  while (!signal.aborted) {
    // Before the stream is read to its end, a known identity would look like a stranger.
    if (position.isCaughtUp)
      await admit(deps).catch((error: unknown) => {
        log.error({ err: error }, 'users of nats-server not written')
      })
    await clock.sleep(PAUSE_MS, signal)
    using _timer = clock.after(LOOK_MS, () => bell.ring())
    await bell.rung(signal)
  }
}

/** Joins come one by one; a reload of the server's users costs it a few milliseconds. */
const PAUSE_MS = 200
const LOOK_MS = 5_000

async function admit({ log, render, site, state, users }: AdmitDeps): Promise<void> {
  const admitted = new Map<string, BusUser>()
  for (const user of await users.base()) admitted.set(user.publicKey, user)
  for (const decision of state.graph.decisions.values()) {
    if (decision.kind !== 'identity') continue
    const { id, publicKey, role } = decision
    if (decision.revoked) admitted.delete(publicKey)
    else admitted.set(publicKey, { role, id, site, publicKey })
  }
  if (await users.replace(render([...admitted.values()]))) {
    log.info({ users: admitted.size }, 'users of nats-server written')
  }
}
