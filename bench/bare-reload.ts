/**
 * What a reload costs with nothing of ours in it: a file with so many services is written, the master of a
 * nginx gets SIGHUP, and visitors who come anew are asked which file answers them.
 */
import { renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { at } from '../test/rig/at.ts'
import { eventually } from '../test/rig/eventually.ts'
import { freePorts } from '../test/rig/free-ports.ts'
import { findProgram } from '../test/rig/image/host-files.ts'
import { Process } from '../test/rig/process.ts'
import type { RunFolder } from '../test/rig/run-folder.ts'
import { visitOnce } from '../test/rig/visitor.ts'
import { percentiles } from './bench.ts'

const RELOADS = 15
/** Old workers are told to go 100 ms after the new ones began. */
const WATCHED_MS = 300
const SETTLED_MS = 300

export async function bareReload(folder: RunFolder, services: number) {
  const home = folder.folder('bare-nginx')
  const port = at(await freePorts(1), 0)
  const write = (generation: number): void => {
    const file = path.join(home, 'nginx.conf')
    writeFileSync(`${file}.new`, configOf(home, port, services, generation))
    renameSync(`${file}.new`, file)
  }
  write(0)
  const command = [findProgram('nginx'), '-e', 'stderr', '-p', home, '-c', `${home}/nginx.conf`]
  const [program = '', ...args] = command
  await using nginx = Process.start({ name: 'bare-nginx', command: [program, ...args] }, folder)
  const ask = async (): Promise<number> => {
    const { body } = await visitOnce({ host: '127.0.0.1', port, domain: 'bare.test' })
    return Number(body ?? -1)
  }
  await eventually('it answers', async () => (await ask()) === 0, { withinMs: 5_000 })
  const firstNew: number[] = []
  const everyNew: number[] = []
  for (let generation = 1; generation <= RELOADS; generation += 1) {
    const beganMs = performance.now()
    write(generation)
    process.kill(nginx.pid, 'SIGHUP')
    const { firstMs, everyMs } = await watch(ask, generation)
    firstNew.push(firstMs - beganMs)
    everyNew.push(everyMs - beganMs)
    await sleep(SETTLED_MS)
  }
  return { services, firstNew: percentiles(firstNew), everyAnswerNew: percentiles(everyNew) }
}

/** When the new file first answered, and from when on nothing else did. */
async function watch(ask: () => Promise<number>, generation: number) {
  const deadline = performance.now() + WATCHED_MS
  let firstMs = 0
  let everyMs = 0
  while (performance.now() < deadline || firstMs === 0) {
    const isNew = (await ask()) === generation
    const now = performance.now()
    if (isNew && firstMs === 0) firstMs = now
    if (!isNew) everyMs = now
  }
  return { firstMs, everyMs: Math.max(firstMs, everyMs) }
}

function configOf(home: string, port: number, services: number, generation: number): string {
  const numbers = Array.from({ length: services }, (_, number) => number)
  const groups = numbers.map(
    (number) => `upstream u${number} { server 127.0.0.1:9; keepalive 16; }`,
  )
  const names = numbers.map((number) => `  other-${number}.test u${number};`)
  return `worker_processes 2;
daemon off;
pid ${home}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
access_log off;
client_body_temp_path ${home}/body;
proxy_temp_path ${home}/proxy;
fastcgi_temp_path ${home}/fastcgi;
uwsgi_temp_path ${home}/uwsgi;
scgi_temp_path ${home}/scgi;
map_hash_bucket_size 128;
${groups.join('\n')}
map $host $service {
  default u0;
${names.join('\n')}
}
server {
  listen 127.0.0.1:${port};
  location = / { return 200 "${generation}"; }
  location / { proxy_pass http://$service; }
}
}
`
}
