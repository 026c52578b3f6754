import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type NginxFeatures, readFeatures } from '../core/nginx/version.ts'

/** Where nginx is when the search path of a service does not have it. */
const USUAL_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/nginx/sbin', '/sbin']
const PROBE_MS = 5_000
/** What it prints about one text is a few lines. */
const RUN_BYTES_MAX = 64 * 1024
/**
 * Half of the time of a parse goes into pages that glibc hands back to the system after each map and
 * takes again for the next one. With these it keeps them: 16 MB of room at the top of the heap.
 * Other C libraries do not look at them.
 */
export const NGINX_ENV: Readonly<Record<string, string>> = {
  MALLOC_TOP_PAD_: String(16 * 1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(64 * 1024 * 1024),
  MALLOC_MMAP_THRESHOLD_: String(16 * 1024 * 1024),
}

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
  /** `badly`: it said no. `cut-short`: something else ended it, or it never began. */
  readonly ended: 'well' | 'badly' | 'too-late' | 'cut-short'
  readonly output: string
}

/** Runs a program to its end, without a shell, and gives what it printed. */
export function run(
  path: string,
  args: readonly string[],
  folder: string,
  limitMs: number,
  maxBuffer = RUN_BYTES_MAX,
): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>()
  const options = {
    cwd: folder,
    env: NGINX_ENV,
    timeout: limitMs,
    killSignal: 'SIGKILL',
    maxBuffer,
  } as const
  execFile(path, args, options, (error, stdout, stderr) => {
    const output = stdout + stderr
    if (error === null) resolve({ ended: 'well', output })
    else if (typeof error.code === 'number') resolve({ ended: 'badly', output })
    else resolve({ ended: error.killed === true ? 'too-late' : 'cut-short', output })
  })
  return promise
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
