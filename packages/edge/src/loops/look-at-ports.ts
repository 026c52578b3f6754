import type { Listen } from '@roadstead/shared/protocol/listen.ts'
import { streamKey } from '@roadstead/shared/protocol/route-key.ts'
import type { EdgeState } from '../core/edge-state.ts'

export interface LookAtPortsDeps {
  readonly state: EdgeState
  readonly ports: {
    troubleWith(listen: Listen): Promise<string | undefined>
    /** Whether an address leads to this machine. */
    readonly isOwn: (address: string) => boolean
  }
}

/** Somebody else's port may become free at any time, and nobody tells. */
export const LOOK_AGAIN_MS = 5_000

const noTroubles: ReadonlyMap<string, string> = new Map()

/** Looks at the ports of all streams that are wanted and that nginx is not known to serve. */
export async function lookAtPorts({ state, ports }: LookAtPortsDeps): Promise<void> {
  const wanted = state.desired?.table.streams ?? []
  const running = state.rendering?.streams.streams
  const unknown = wanted.filter((stream) => running?.has(streamKey(stream)) !== true)
  if (unknown.length === 0) {
    state.portTroubles = noTroubles
    return
  }
  const looked = unknown.map(async (stream) => {
    const { protocol, listen: port } = stream
    return [streamKey(stream), await ports.troubleWith({ protocol, port })] as const
  })
  const troubles = (await Promise.all(looked)).flatMap(([key, trouble]) =>
    trouble === undefined ? [] : [[key, trouble] as const],
  )
  state.portTroubles = new Map(troubles)
}
