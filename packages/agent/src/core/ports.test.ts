import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspectJson } from '../testing.ts'
import { containerPorts } from './ports.ts'

const running = { Status: 'running', Running: true }

test('a running container has the ports that the engine bound, one at rest those it asked for', () => {
  const sections = {
    Config: { ExposedPorts: { '80/tcp': {}, '53/udp': {} } },
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] } },
    NetworkSettings: { Ports: { '80/tcp': [{ HostIp: '10.0.0.1', HostPort: '32768' }] } },
  }
  const [web, dns] = containerPorts(inspectJson({ ...sections, State: running }))
  assert.deepEqual(web?.published, [{ address: '10.0.0.1', port: 32_768 }])
  assert.deepEqual(dns, { port: 53, protocol: 'udp', exposed: true, published: [] })
  const [resting] = containerPorts(inspectJson({ ...sections, State: { Status: 'exited' } }))
  assert.deepEqual(resting?.published, [{ address: '0.0.0.0', port: 8_080 }])
})

test('nonsense in the place of a port is left out', () => {
  const Ports = { 'x/tcp': null, '80/quic': null, '81': [{ HostIp: 'nowhere', HostPort: '1' }] }
  const ports = containerPorts(inspectJson({ NetworkSettings: { Ports }, State: running }))
  assert.deepEqual(
    ports.map((it) => [it.port, it.protocol, it.published.length]),
    [[81, 'tcp', 0]],
  )
})

test('published ports survive a range of a thousand exposed ones', () => {
  const range = Array.from({ length: 1_000 }, (_, n) => [`${n + 1}/tcp`, {}])
  const Ports = { '9000/tcp': [{ HostIp: '0.0.0.0', HostPort: '9000' }] }
  const ports = containerPorts(
    inspectJson({
      Config: { ExposedPorts: Object.fromEntries(range) },
      NetworkSettings: { Ports },
      State: running,
    }),
  )
  assert.equal(ports.length, 256)
  assert.equal(ports[0]?.port, 9_000)
})
