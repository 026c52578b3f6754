import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Takes what no two test processes of this machine may have at a time, until this process ends, however
 * it ends: the kernel frees an abstract socket with its owner.
 */
export async function claim(what: string): Promise<boolean> {
  const holder = createServer().listen(`\0roadstead-test ${what}`)
  try {
    await once(holder, 'listening')
    holder.unref()
    return true
  } catch {
    return false
  }
}
