import type { Engine } from '../test/rig/engine.ts'

/**
 * The engine's own time of a container's next event of this action, in milliseconds with fractions.
 * `timeNano` is cut out of the text: as a JSON number it would lose its last digits.
 */
export function nextEvent(
  engine: Engine,
  container: string,
  action: string,
): Disposable & { readonly atMs: Promise<number> } {
  const stop = new AbortController()
  return { atMs: waitFor(), [Symbol.dispose]: () => stop.abort() }

  async function waitFor(): Promise<number> {
    const filters = { container: [container], event: [action] }
    const stream = await engine.api.getEvents({ filters, abortSignal: stop.signal })
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    stream.on('error', reject)
    stream.on('data', (chunk: Buffer) => {
      const digits = /"timeNano":(\d+)/.exec(chunk.toString())?.[1]
      if (digits !== undefined) resolve(Number(BigInt(digits) / 1_000n) / 1_000)
    })
    return promise
  }
}
