import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { exampleContainer } from '../examples.ts'
import { readLabels } from './labels.ts'
import { defaultPolicy } from './policy.ts'

type Labels = Record<string, string>

function read(labels: Labels, changes: Partial<Container> = {}) {
  return readLabels(exampleContainer(1, { labels, ...changes }), defaultPolicy, sha256)
}

/** What is asked for, as `<route>: <key> → <service>:<port>`. */
function intents(labels: Labels, changes: Partial<Container> = {}): readonly string[] {
  return (read(labels, changes)?.intents ?? []).map(
    ({ route, key, service, port }) => `${route}: ${key} → ${service}:${port}`,
  )
}

/** What is refused, as `<route>: <reason> <label or what> <nearest>`. */
function refusals(labels: Labels, changes: Partial<Container> = {}): readonly string[] {
  return (read(labels, changes)?.refusals ?? []).map(({ route, reason, details }) =>
    [`${route}: ${reason}`, details['label'] ?? details['what'], details['nearest']]
      .filter((each) => each !== undefined)
      .join(' '),
  )
}

const web = { 'roadstead.host': 'a.example' }
const expose = (...ports: number[]) => ({
  ports: ports.map((port) => ({
    port,
    protocol: 'tcp' as const,
    exposed: true,
    published: [],
  })),
})

test('a container without labels of ours asks for nothing', () => {
  assert.equal(read({ 'com.example': 'x', roadsteadish: 'y' }), undefined)
  assert.equal(read({ 'roadstead.enable': 'false' }), undefined)
})

test('one label is enough', () => {
  assert.deepEqual(intents(web), ['default: a.example prefix / → c1:80'])
})

test('each host of a list is a route, and a bad one costs only itself', () => {
  const labels = { 'roadstead.host': 'b.example,a.example,bad_name,a.example' }
  assert.deepEqual(intents(labels), [
    'default: a.example prefix / → c1:80',
    'default: b.example prefix / → c1:80',
  ])
  assert.deepEqual(refusals(labels), ['default: invalid-host roadstead.host'])
})

test('named routes have their own path, match and port', () => {
  const labels = {
    ...web,
    'roadstead.http.admin.host': 'a.example',
    'roadstead.http.admin.path': '/admin',
    'roadstead.http.admin.match': 'prefix',
    'roadstead.http.admin.port': '9000',
    'roadstead.http.admin.strip-prefix': 'true',
  }
  assert.deepEqual(intents(labels), [
    'admin: a.example prefix /admin → c1:9000',
    'default: a.example prefix / → c1:80',
  ])
  assert.equal(read(labels)?.intents[0]?.stripPrefix, true)
})

test('the port is the labelled one, else the only one exposed, and never a guess', () => {
  assert.deepEqual(intents({ ...web, 'roadstead.port': '81' }, expose()), [
    'default: a.example prefix / → c1:81',
  ])
  assert.deepEqual(refusals(web, expose()), ['default: port-missing'])
  assert.deepEqual(refusals(web, expose(80, 443)), ['default: port-ambiguous'])
  for (const bad of ['0', '080', '65536', '80 ', '0x50', '8e1', '+80', '']) {
    const labels = { ...web, 'roadstead.port': bad }
    assert.deepEqual(refusals(labels), ['default: invalid-port roadstead.port'], bad)
  }
})

test('the service is the labelled one, else compose project and service, else the name', () => {
  const compose = { project: 'shop', composeService: 'web' }
  assert.deepEqual(intents(web, compose), ['default: a.example prefix / → shop/web:80'])
  assert.deepEqual(intents({ ...web, 'roadstead.service': 'x' }, compose), [
    'default: a.example prefix / → x:80',
  ])
  const bad = { ...web, 'roadstead.service': 'X' }
  assert.deepEqual(refusals(bad), ['default: invalid-service roadstead.service'])
})

test('a name that is no service key keeps what it can, and never becomes another one', () => {
  const [big] = intents(web, { name: '/Shop' })
  const [small] = intents(web, { name: '/shop' })
  assert.match(big ?? '', /→ shop-[0-9a-f]{8}:80$/)
  assert.equal(small, 'default: a.example prefix / → shop:80')
})

test('an unknown key refuses its own route, and says which was meant', () => {
  const labels = {
    ...web,
    'roadstead.http.x.host': 'x.example',
    'roadstead.http.x.pahts': '/x',
  }
  assert.deepEqual(intents(labels), ['default: a.example prefix / → c1:80'])
  assert.deepEqual(refusals(labels), [
    'x: unknown-key roadstead.http.x.pahts roadstead.http.x.path',
  ])
})

test('an unknown key of the whole container refuses all its routes', () => {
  const labels = { ...web, 'roadstead.http.x.host': 'x.example', 'roadstead.hots': 'b.example' }
  assert.deepEqual(refusals(labels), [
    'default: unknown-key roadstead.hots roadstead.host',
    'x: unknown-key roadstead.hots roadstead.host',
  ])
})

test('planned keys are told apart from unknown ones', () => {
  assert.deepEqual(refusals({ ...web, 'roadstead.icon': 'ship' }), [
    'default: key-later roadstead.icon',
  ])
  const tls = { 'roadstead.http.x.host': 'x.example', 'roadstead.http.x.tls': 'off' }
  assert.deepEqual(refusals(tls), ['x: key-later roadstead.http.x.tls'])
  const all = { ...web, 'roadstead.http.*.auth': 'basic:a' }
  assert.deepEqual(refusals(all), ['default: key-later roadstead.http.*.auth'])
  const stream = { ...web, 'roadstead.tcp.db.listen': '5432', 'roadstead.tcp.db.sni': 'db.example' }
  assert.deepEqual(refusals(stream), ['tcp.db: key-later roadstead.tcp.db.sni'])
  assert.equal(intents(stream).length, 1)
})

test('keys that mean something to the language mean nothing here', () => {
  for (const key of ['__proto__', 'constructor.prototype', 'http.__proto__.host']) {
    const labels = { ...web, [`roadstead.${key}`]: 'x' }
    assert.match(refusals(labels)[0] ?? '', /unknown-key/)
  }
  assert.equal(Object.hasOwn(Object.prototype, 'host'), false)
})

test('regular expressions are refused by name, and wildcards are left to the policy', () => {
  const host = (value: string) => refusals({ 'roadstead.host': value })
  assert.deepEqual(host('~^a'), ['default: regex-refused roadstead.host'])
  assert.deepEqual(host('a.(b|c)'), ['default: regex-refused roadstead.host'])
  assert.deepEqual(intents({ 'roadstead.host': '*.a.example' }), [
    'default: *.a.example prefix / → c1:80',
  ])
  for (const wrong of ['a.*', '*.A.example', '*.', '*', '*.a', '**.a.b', 'a.*.b']) {
    const [refusal = ''] = host(wrong)
    assert.match(refusal, /default: (invalid-host|regex-refused) roadstead.host/, wrong)
  }
  assert.deepEqual(
    refusals({ 'roadstead.http.x.host': 'a.b', 'roadstead.http.x.match': 'regex' }),
    ['x: regex-refused roadstead.http.x.match'],
  )
})

test('an image may know its port, and may not claim a name', () => {
  const port = { 'roadstead.port': '81' }
  assert.deepEqual(intents(web, { inheritedLabels: port }), ['default: a.example prefix / → c1:81'])
  assert.equal(read({}, { inheritedLabels: port }), undefined)
  assert.deepEqual(refusals({}, { inheritedLabels: web }), [
    'default: label-inherited roadstead.host',
  ])
  const service = { 'roadstead.service': 'shop' }
  assert.deepEqual(refusals(web, { inheritedLabels: service }), [
    'default: label-inherited roadstead.service',
  ])
  assert.deepEqual(intents({ ...web, ...service }, { inheritedLabels: service }), [
    'default: a.example prefix / → shop:80',
  ])
})

test('enable=false beats everything, and anything but true or false is an error', () => {
  const off = { ...web, 'roadstead.enable': 'false', 'roadstead.hots': 'x' }
  assert.deepEqual(refusals(off), ['default: disabled roadstead.enable'])
  assert.deepEqual(refusals({ ...web, 'roadstead.enable': 'yes' }), [
    'default: invalid-enable roadstead.enable',
  ])
})

test('a route without a host says so', () => {
  assert.deepEqual(refusals({ 'roadstead.enable': 'true' }), ['default: host-missing'])
  assert.deepEqual(refusals({ 'roadstead.http.x.path': '/x' }), ['x: host-missing'])
})

test('the same address twice goes to the first route by name', () => {
  const labels = { ...web, 'roadstead.http.b.host': 'a.example', 'roadstead.http.b.port': '81' }
  assert.deepEqual(intents(labels), ['b: a.example prefix / → c1:81'])
  assert.deepEqual(refusals(labels), ['default: duplicate-route'])
  const both = { ...web, 'roadstead.http.default.host': 'b.example' }
  assert.deepEqual(refusals(both), ['default: duplicate-route roadstead.http.default.host'])
})

test('budgets are kept, whatever is asked', () => {
  const hosts = Array.from({ length: 17 }, (_, index) => `h${index}.example`).join(',')
  assert.deepEqual(refusals({ 'roadstead.host': hosts }), ['default: over-budget host names'])
  const routes = Object.fromEntries(
    Array.from({ length: 17 }, (_, index) => [
      `roadstead.http.r${index}.host`,
      `r${index}.example`,
    ]),
  )
  assert.equal(intents(routes).length, 16)
  assert.deepEqual(refusals(routes), ['r9: over-budget routes'])
  const many = Object.fromEntries(
    Array.from({ length: 65 }, (_, index) => [`roadstead.x${index}`, 'y']),
  )
  assert.deepEqual(refusals(many), ['default: over-budget labels'])
  assert.deepEqual(refusals({ ...web, 'roadstead.path': 'x'.repeat(16_385) }), [
    'default: over-budget label bytes',
  ])
})

test('a value is shown short, plain and escaped', () => {
  const value = `${'\u001b[31m'}${'é'.repeat(100)}`
  const [refusal] = read({ 'roadstead.host': value })?.refusals ?? []
  assert.match(refusal?.details['value'] ?? '', /^[\x20-\x7e]{1,64}$/)
})
