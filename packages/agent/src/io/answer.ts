import { Readable } from 'node:stream'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/** A list of 10,000 containers takes half of it; what is larger would only fill the memory. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024

/**
 * What an engine's answer holds; undefined for what is no JSON, which is then not what was asked for.
 *
 * @throws RoadsteadError `engine-answer` for one that is too large; whatever ends it before its end.
 */
export async function jsonIn(body: unknown): Promise<unknown> {
  return body instanceof Readable ? parsed(await textOf(body)) : undefined
}

async function textOf(body: Readable): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) {
      throw new RoadsteadError('engine-answer', { problem: 'it is larger than 32 MiB' })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
