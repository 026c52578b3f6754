import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { eventually } from '../../test/rig/eventually.ts'
import { freePorts } from '../../test/rig/free-ports.ts'
import { findProgram } from '../../test/rig/image/host-files.ts'
import { Process } from '../../test/rig/process.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'
import { visitOnce } from '../../test/rig/visitor.ts'

/** A nginx of a benchmark's own, once it answers on this port. */
export async function startNginx(
  folder: RunFolder,
  name: string,
  port: number,
  http: string,
  workers = 1,
): Promise<Process> {
  const home = folder.folder(name)
  const file = path.join(home, 'nginx.conf')
  writeFileSync(file, mainFile(home, http, workers))
  const args = ['-e', 'stderr', '-p', home, '-c', file] as const
  const started = Process.start({ name, command: [findProgram('nginx'), ...args] }, folder)
  const visit = { host: '127.0.0.1', port, domain: 'bench.test' }
  const answers = async (): Promise<boolean> => (await visitOnce(visit)).status !== undefined
  await eventually(`${name} answers (${started.tail()})`, answers, { withinMs: 5_000 })
  return started
}

export interface Endpoints {
  readonly process: Process
  readonly addresses: readonly string[]
  /** Where it tells how many requests it has had. */
  readonly statusPort: number
}

/** So many equal endpoints, each on a port of its own, that answer 100 bytes. */
export async function startEndpoints(folder: RunFolder, count: number): Promise<Endpoints> {
  const [statusPort = 0, ...ports] = await freePorts(count + 1)
  const listens = ports.map((port) => `listen 127.0.0.1:${port};`).join(' ')
  const http = `keepalive_requests 100000000; keepalive_timeout 1h;
server { ${listens} location / { return 200 "${'x'.repeat(99)}\n"; } }
server { listen 127.0.0.1:${statusPort}; location / { stub_status; } }`
  const process = await startNginx(folder, 'endpoints', ports[0] ?? 0, http)
  return { process, addresses: ports.map((port) => `127.0.0.1:${port}`), statusPort }
}

function mainFile(home: string, http: string, workers: number): string {
  return `worker_processes ${workers};
daemon off;
pid ${home}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile 16384;
events { worker_connections 8192; accept_mutex off; }
http {
access_log off;
client_body_temp_path ${home}/body;
proxy_temp_path ${home}/proxy;
fastcgi_temp_path ${home}/fastcgi;
uwsgi_temp_path ${home}/uwsgi;
scgi_temp_path ${home}/scgi;
${http}
}
`
}
