import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type NginxFeatures, readFeatures } from '../core/nginx/version.ts'

/** Where nginx is when the search path of a service does not have it. */
const USUAL_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/nginx/sbin', '/sbin']
const PROBE_MS = 5_000
/** A hanging test must not hold up all later changes. */
const RUN_BYTES_MAX = 64 * 1024

export interface NginxBinary {
  readonly path: string
  readonly features: NginxFeatures
}

/** @throws RoadsteadError `missing-program` when there is none, `nginx-failed` when it does not run. */
export async function findNginx(
  wanted: string | undefined,
  searchPath: string,
): Promise<NginxBinary> {
  const folders = [...searchPath.split(delimiter).filter((it) => it !== ''), ...USUAL_FOLDERS]
  const candidates =
    wanted === undefined ? folders.map((folder) => join(folder, 'nginx')) : [wanted]
  for (const path of candidates) {
    if (!(await isProgram(path))) continue
    const { output } = await run(path, ['-V'], '/', PROBE_MS)
    const features = readFeatures(output)
    if (features === undefined) throw new RoadsteadError('nginx-failed', { program: path })
    return { path, features }
  }
  throw new RoadsteadError('missing-program', {
    program: wanted ?? 'nginx',
    package: 'nginx',
    variable: 'ROADSTEAD_NGINX',
  })
}

export interface Run {
  readonly ended: 'well' | 'badly' | 'too-late'
  readonly output: string
}

/** Runs a program to its end, without a shell, and gives what it printed. */
export function run(
  path: string,
  args: readonly string[],
  folder: string,
  limitMs: number,
): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>()
  const options = {
    cwd: folder,
    env: {},
    timeout: limitMs,
    killSignal: 'SIGKILL',
    maxBuffer: RUN_BYTES_MAX,
  } as const
  execFile(path, args, options, (error, stdout, stderr) => {
    const output = stdout + stderr
    if (error === null) resolve({ ended: 'well', output })
    else resolve({ ended: error.killed === true ? 'too-late' : 'badly', output })
  })
  return promise
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
