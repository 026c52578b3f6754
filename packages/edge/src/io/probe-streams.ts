import { join } from 'node:path'
import {
  type StreamModule,
  streamModuleChoices,
  streamProbeFile,
  whyNoStreams,
} from '../core/streams/stream-module.ts'
import { type NginxBinary, run } from './nginx-binary.ts'
import { putThere } from './probe-live.ts'

const PROBE_MS = 5_000

/** Tries whether this nginx serves streams by letting it read a file that needs them. */
export async function probeStreams(binary: NginxBinary, folder: string): Promise<StreamModule> {
  const { modulesPath } = binary.features
  const outputs: string[] = []
  for (const [at, modules] of streamModuleChoices(modulesPath).entries()) {
    const name = `probe-streams-${at}.conf`
    if (!(await putThere(join(folder, name), streamProbeFile(modules)))) {
      return { kind: 'missing', reason: 'the disk took no file to try streams with' }
    }
    const args = ['-t', '-q', '-p', `${folder}/`, '-c', name]
    const { ended, output } = await run(binary.path, args, folder, PROBE_MS)
    if (ended === 'well') return { kind: 'there', modules }
    outputs.push(output)
  }
  return { kind: 'missing', reason: whyNoStreams(outputs[0] ?? '', modulesPath) }
}
