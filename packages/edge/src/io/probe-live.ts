import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { moduleChoices, probeFile, type Tier, whyNoLua } from '../core/nginx/live-probe.ts'
import { type NginxBinary, run } from './nginx-binary.ts'
import { writeWhole, written } from './write-whole.ts'

const PROBE_MS = 5_000

/**
 * Tries what the live tier needs by letting this nginx read it: whether a module is there, fits, and
 * finds its libraries is known to nobody else. The files stay, so a full disk later changes nothing.
 */
export async function probeLive(binary: NginxBinary, folder: string): Promise<Tier> {
  const { features } = binary
  const outputs: string[] = []
  await written(() => mkdir(join(folder, 'temp'), { recursive: true, mode: 0o700 }))
  for (const [at, modules] of moduleChoices(features.modulesPath).entries()) {
    const name = `probe-${at}.conf`
    if (!(await putThere(join(folder, name), probeFile(modules, features)))) {
      return { kind: 'reload', reason: 'the disk took no file to try the live tier with' }
    }
    const args = ['-t', '-q', '-p', `${folder}/`, '-c', name]
    const { ended, output } = await run(binary.path, args, folder, PROBE_MS)
    if (ended === 'well') return { kind: 'live', modules }
    outputs.push(output)
  }
  return { kind: 'reload', reason: whyNoLua(outputs[0] ?? '', features.modulesPath) }
}

/** Writes what is not there yet: on a full disk an edge comes back with what it had. */
export async function putThere(path: string, text: string): Promise<boolean> {
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return true
  return (await writeWhole(path, text)).kind === 'written'
}
