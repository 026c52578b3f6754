import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { lookForProgram, searchPath } from './io/find-program.ts'

const DEPLOY = path.join(import.meta.dirname, '..', '..', '..', 'deploy')
const UNITS = path.join(DEPLOY, 'systemd')

/** Each keeps a break-in where it happened. The engine's socket and nginx's ports are the exceptions. */
const HARDENING = [
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectControlGroups=yes',
  'RestrictNamespaces=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
  'SystemCallFilter=@system-service',
  'UMask=0077',
  'LimitCORE=0',
  'Restart=always',
]

for (const role of ['nats', 'master', 'agent', 'edge']) {
  test(`the unit of ${role} confines it, and systemd understands every line`, () => {
    const file = path.join(UNITS, `roadstead-${role}.service`)
    const lines = fs.readFileSync(file, 'utf8').split('\n')

    for (const line of HARDENING) assert.ok(lines.includes(line), `${role}: ${line}`)
    assert.ok(!lines.some((line) => line.startsWith('MemoryDenyWriteExecute')))
    assert.deepEqual(understandable(file), [])
  })
}

test('what the units start is there', () => {
  for (const name of fs.readdirSync(UNITS)) {
    const text = fs.readFileSync(path.join(UNITS, name), 'utf8')
    const [, started = ''] = /^ExecStart=.*?\/opt\/roadstead\/(packages\S+)$/m.exec(text) ?? []
    if (started !== '') assert.ok(fs.existsSync(path.join(DEPLOY, '..', started)), started)
  }
})

const COMMANDS = ['init', 'master', 'agent', 'edge', 'join']

const Compose = z.object({
  services: z.record(
    z.string(),
    z.object({
      command: z.array(z.string()),
      volumes: z.array(z.string()),
      read_only: z.literal(true),
      cap_drop: z.tuple([z.literal('ALL')]),
      security_opt: z.tuple([z.literal('no-new-privileges:true')]),
    }),
  ),
  volumes: z.record(z.string(), z.object({})),
})

for (const name of ['compose.yaml', 'compose.agent.yaml']) {
  test(`${name} confines every service, and only the agent has the engine`, () => {
    const text = fs.readFileSync(path.join(DEPLOY, name), 'utf8')
    const { services, volumes } = Compose.parse(parse(text, { merge: true }))

    for (const [service, { command, volumes: mounts }] of Object.entries(services)) {
      const hasEngine = mounts.some((mount) => mount.includes('docker.sock'))
      assert.equal(hasEngine, service === 'agent', service)
      if (command.length > 0) assert.ok(COMMANDS.includes(command[0] ?? ''), command[0])
      for (const mount of mounts) {
        const [from = ''] = mount.split(':')
        assert.ok(/^[./$]/.test(from) || from in volumes, `${service}: ${mount}`)
      }
    }
  })
}

test('an image that has nginx has the modules for changes without a reload, and for TCP and UDP', () => {
  const dockerfile = fs.readFileSync(path.join(DEPLOY, 'Dockerfile'), 'utf8')
  const local = fs.readFileSync(path.join(DEPLOY, 'local-image.ts'), 'utf8')

  assert.match(dockerfile, /^ +libnginx-mod-http-lua libnginx-mod-stream /m)
  assert.match(local, /ngx_http_lua_module\.so/)
  assert.match(local, /ngx_stream_module\.so/)
})

const Agent = z.object({
  services: z.object({
    agent: z.object({
      environment: z.record(z.string(), z.unknown()),
      volumes: z.array(z.string()),
    }),
  }),
})

for (const name of ['compose.yaml', 'compose.agent.yaml']) {
  test(`the agent of ${name} serves a draining socket when it is told a path, in a folder to share`, () => {
    const text = fs.readFileSync(path.join(DEPLOY, name), 'utf8')
    const { environment, volumes } = Agent.parse(parse(text, { merge: true })).services.agent

    assert.equal(environment['ROADSTEAD_DOCKER_SOCKET'], '${ROADSTEAD_DOCKER_SOCKET-}')
    assert.ok(volumes.includes('${ROADSTEAD_SOCKET_DIR:-sockets}:/run/roadstead'))
  })
}

test('the unit of the agent has a folder for that socket, and may give it to a group', () => {
  const unit = fs.readFileSync(path.join(UNITS, 'roadstead-agent.service'), 'utf8')

  assert.match(unit, /^RuntimeDirectory=roadstead$/m)
  assert.match(unit, /^SystemCallFilter=@chown$/m)
  assert.ok(unit.indexOf('=~@privileged') < unit.indexOf('=@chown'))
})

test('an edge in a container has only the state that is its own, and reads certificates', () => {
  const { services } = Compose.parse(
    parse(fs.readFileSync(path.join(DEPLOY, 'compose.yaml'), 'utf8'), { merge: true }),
  )

  assert.deepEqual(services['edge']?.volumes, [
    'edge:/var/lib/roadstead/edge',
    '${ROADSTEAD_CERTIFICATES:-certificates}:/etc/roadstead/certificates:ro',
  ])
})

const Edge = z.object({
  services: z.object({ edge: z.object({ environment: z.record(z.string(), z.unknown()) }) }),
})

test('an edge listens with TLS, and can be told where and what it shows', () => {
  const compose = fs.readFileSync(path.join(DEPLOY, 'compose.yaml'), 'utf8')
  const { environment } = Edge.parse(parse(compose, { merge: true })).services.edge
  const unit = fs.readFileSync(path.join(UNITS, 'roadstead-edge.service'), 'utf8')

  assert.equal(environment['ROADSTEAD_HTTPS_PORT'], '${ROADSTEAD_HTTPS_PORT:-8443}')
  assert.equal(environment['ROADSTEAD_CERTIFICATES_DIR'], '/etc/roadstead/certificates')
  for (const name of ['ROADSTEAD_HTTPS_PORT', 'ROADSTEAD_CERTIFICATES_DIR']) {
    assert.ok(unit.includes(name), name)
  }
  assert.ok(unit.includes('EnvironmentFile=-/etc/roadstead/edge.env'))
})

/** What systemd complains about, but for programs that are not installed on this machine. */
function understandable(file: string): string[] {
  const analyze = lookForProgram('systemd-analyze', searchPath(process.env['PATH']))
  if (analyze === undefined) return []
  const found = spawnSync(analyze, ['verify', file], { encoding: 'utf8' })
  return found.stderr
    .split('\n')
    .filter((line) => line.includes(path.basename(file)) && !line.includes('is not executable'))
}
