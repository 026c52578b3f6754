import { askTcp, askUdp } from '@roadstead/edge/testing/sockets.ts'
import { eventually } from './eventually.ts'

const PATIENCE_MS = 12_000
/** After a reload an old worker of nginx may still take a connection or two. */
const IN_A_ROW = 20

type Protocol = 'tcp' | 'udp'

async function ask(protocol: Protocol, port: number): Promise<string> {
  const heard = await (protocol === 'tcp' ? askTcp(port) : askUdp(port))
  return heard?.endsWith(' hello') === true ? heard.slice(0, -' hello'.length) : (heard ?? 'nobody')
}

/** Whoever comes to the port is answered by this container and no other, and not by chance. */
export async function heardFrom(
  protocol: Protocol,
  port: number,
  container: string,
): Promise<void> {
  await eventually(
    `${container} answers at ${protocol} port ${port}`,
    async () => {
      for (let asked = 0; asked < IN_A_ROW; asked += 1) {
        const by = await ask(protocol, port)
        if (by !== container) throw new Error(`answered by ${by}`)
      }
      return true
    },
    { withinMs: PATIENCE_MS },
  )
}

/** Each of these containers answers at the port. */
export async function heardFromAll(
  protocol: Protocol,
  port: number,
  containers: readonly string[],
): Promise<void> {
  const heard = new Set<string>()
  await eventually(
    `${containers.join(' and ')} answer at ${protocol} port ${port}`,
    async () => {
      heard.add(await ask(protocol, port))
      if (containers.every((each) => heard.has(each))) return true
      throw new Error(`heard only ${[...heard].join(', ')}`)
    },
    { withinMs: PATIENCE_MS },
  )
}
