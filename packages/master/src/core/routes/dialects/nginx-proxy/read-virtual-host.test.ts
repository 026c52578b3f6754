import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { exampleContainer } from '../../../examples.ts'
import type { Reading } from '../../intent.ts'
import { defaultPolicy, type Policy } from '../../policy.ts'
import { readAsks } from '../read-asks.ts'

type Texts = Readonly<Record<string, string>>

function read(
  routingEnvironment: Texts,
  changes: Partial<Container> = {},
  policy: Policy = defaultPolicy,
  host = 'alpha',
): Reading | undefined {
  const environmentNames = Object.keys(routingEnvironment)
  const container = exampleContainer(1, { routingEnvironment, environmentNames, ...changes })
  return readAsks({ container, host: HostId.parse(host), policy, digest: sha256 })
}

/** What is asked for, as `<domain><path> → <port><what the path becomes>`. */
function intents(variables: Texts, changes: Partial<Container> = {}): readonly string[] {
  return (read(variables, changes)?.intents ?? []).map(
    ({ domain, path, port, stripPrefix, settings: { addPrefix = '' } }) =>
      `${domain}${path} → ${port}${stripPrefix ? ' -' : ''}${addPrefix}`,
  )
}

function refusals(variables: Texts, changes: Partial<Container> = {}): readonly string[] {
  return (read(variables, changes)?.refusals ?? []).map(({ reason, details }) =>
    [reason, ...Object.values(details)].join(' | '),
  )
}

function exposing(...ports: number[]): Partial<Container> {
  return {
    ports: ports.map((port) => ({ port, protocol: 'tcp', exposed: true, published: [] })),
  }
}

test('names stand in a list, with blanks, empty items and capitals as that tool takes them', () => {
  assert.deepEqual(intents({ VIRTUAL_HOST: ' B.Example,a.example ,, a.example' }), [
    'a.example/ → 80',
    'b.example/ → 80',
  ])
  assert.equal(read({ VIRTUAL_HOST: ' ' }), undefined)
  assert.equal(read({ VIRTUAL_PORT: '80' }), undefined)
})

test('a bad name costs only itself', () => {
  const list = { VIRTUAL_HOST: 'a.example,*.b.example,c.*,~^d,localhost' }
  assert.deepEqual(intents(list), ['a.example/ → 80'])
  assert.deepEqual(refusals(list), [
    'invalid-host | VIRTUAL_HOST | c.*',
    'regex-refused | VIRTUAL_HOST | ~^d',
    'invalid-host | VIRTUAL_HOST | localhost',
    'wildcard-not-granted | *.b.example',
  ])
})

test('the port is the one that is named, else the only one exposed, else 80', () => {
  const web = { VIRTUAL_HOST: 'a.example' }
  assert.deepEqual(intents({ ...web, VIRTUAL_PORT: '81' }), ['a.example/ → 81'])
  assert.deepEqual(intents(web, exposing(3_000)), ['a.example/ → 3000'])
  assert.deepEqual(intents(web, exposing(3_000, 3_001)), ['a.example/ → 80'])
  assert.deepEqual(intents(web, exposing()), ['a.example/ → 80'])
  assert.deepEqual(refusals({ ...web, VIRTUAL_PORT: '0x50' }), ['invalid-port | 0x50'])
})

test('a path is served in whole segments, and replaced by its destination', () => {
  const at = (VIRTUAL_PATH: string, VIRTUAL_DEST: string) =>
    intents({ VIRTUAL_HOST: 'a.example', VIRTUAL_PATH, VIRTUAL_DEST })[0]
  assert.equal(at('/api/', ''), 'a.example/api/ → 80')
  assert.equal(at('/api/', '/'), 'a.example/api/ → 80 -')
  assert.equal(at('/api', '/v1'), 'a.example/api → 80 -/v1')
  assert.equal(at('/', '/v1/'), 'a.example/ → 80/v1')
  assert.deepEqual(refusals({ VIRTUAL_HOST: 'a.example', VIRTUAL_PATH: '~^/(a|b)' }), [
    'regex-refused | ~^/(a|b)',
  ])
  const [remark] = read({ VIRTUAL_HOST: 'a.example', VIRTUAL_PATH: '/api' })?.remarks ?? []
  assert.match(remark?.why ?? '', /but not \/apix/)
})

test('several ports of one container', () => {
  const map = `
a.example:
  "/":
    port: 8000
  "/admin":
    port: 9000
    dest: "/"
    proto: https
"~^x": {"/": {"port": 1}}
B.example:
`
  const variables = { VIRTUAL_HOST_MULTIPORTS: map, VIRTUAL_HOST: 'no.example', VIRTUAL_PORT: '1' }
  const reading = read(variables)
  assert.deepEqual(intents(variables), [
    'a.example/ → 8000',
    'a.example/admin → 9000 -',
    'b.example/ → 80',
  ])
  assert.deepEqual(
    reading?.intents.map(({ pool }) => pool.scheme),
    [undefined, 'https', undefined],
  )
  assert.deepEqual(
    reading?.refusals.map(({ reason }) => reason),
    ['regex-refused'],
  )
  const overridden = reading?.remarks.filter(({ why }) => why.includes('is not read'))
  assert.deepEqual(
    overridden?.map(({ key }) => key),
    ['VIRTUAL_HOST', 'VIRTUAL_PORT'],
  )
})

test('a word in it that is not known may have been a restriction', () => {
  const of = (path: string) =>
    refusals({ VIRTUAL_HOST_MULTIPORTS: `{"a.example": {"/": ${path}}}` })
  assert.deepEqual(of('{"port": 80, "allow": "::1"}'), ['unknown-key | allow'])
  assert.deepEqual(of('"80"'), ['invalid-value | 80'])
  assert.deepEqual(of('{"port": {"a": "b"}}'), ['invalid-value | port'])
  assert.deepEqual(of('[80]'), [
    'invalid-value | VIRTUAL_HOST_MULTIPORTS | 1 | texts, plain or in quotes, and { } : ,',
  ])
})

test('whoever asks for one name and path pools, across hosts as far as the policy says', () => {
  const web = { VIRTUAL_HOST: 'a.example', VIRTUAL_PATH: '/api' }
  const alone: Policy = {
    ...defaultPolicy,
    dialects: { ...defaultPolicy.dialects, virtualHostPools: false },
  }
  const key = (policy: Policy, name: string, host: string) =>
    read(web, { name }, policy, host)?.intents[0]?.service
  assert.equal(key(defaultPolicy, 'x', 'alpha'), key(defaultPolicy, 'y', 'beta'))
  assert.equal(key(alone, 'x', 'alpha'), key(alone, 'y', 'alpha'))
  assert.notEqual(key(alone, 'x', 'alpha'), key(alone, 'x', 'beta'))
  const plain = read({ VIRTUAL_HOST: 'a.example' })?.intents[0]
  assert.equal(plain?.service, 'virtual-host/a.example')
})

test('an image may say its port, and claims no name and restricts nobody in silence', () => {
  const web = { VIRTUAL_HOST: 'a.example', VIRTUAL_PORT: '81' }
  assert.deepEqual(intents(web, { inheritedEnvironment: ['VIRTUAL_PORT'] }), ['a.example/ → 81'])
  assert.deepEqual(refusals(web, { inheritedEnvironment: ['VIRTUAL_HOST'] }), [
    'label-inherited | VIRTUAL_HOST',
  ])
  const internal = { ...web, NETWORK_ACCESS: 'internal' }
  assert.deepEqual(refusals(internal, { inheritedEnvironment: ['NETWORK_ACCESS'] }), [
    'label-inherited | NETWORK_ACCESS',
  ])
})

test('what restricts and is not understood refuses', () => {
  const web = { VIRTUAL_HOST: 'a.example' }
  assert.deepEqual(refusals({ ...web, NETWORK_ACCESS: 'intern' }), [
    'invalid-value | NETWORK_ACCESS | intern',
  ])
  assert.deepEqual(refusals({ ...web, HTTPS_METHOD: 'force' }), [
    'invalid-value | HTTPS_METHOD | force',
  ])
  assert.deepEqual(refusals({ ...web, VIRTUAL_PROTO: 'uwsgi' }), ['protocol-refused | uwsgi'])
  const labels = (key: string, value: string) => ({
    labels: { [`com.github.nginx-proxy.nginx-proxy.${key}`]: value },
  })
  assert.match(refusals(web, labels('ssl_verify_client', 'on'))[0] ?? '', /^invalid-value/)
  assert.deepEqual(refusals(web, labels('ssl_verify_client', 'off')), [])
  assert.match(refusals(web, labels('loadbalance', 'least_conn; } server {'))[0] ?? '', /^invalid/)
  assert.match(refusals(web, labels('kepalive', '1'))[0] ?? '', /^unknown-key .*\.keepalive$/)
})

test('requests are spread by known words', () => {
  const balance = (text: string) => {
    const labels = { 'com.github.nginx-proxy.nginx-proxy.loadbalance': text }
    const { intents: [intent] = [], remarks = [] } =
      read({ VIRTUAL_HOST: 'a.example' }, { labels }) ?? {}
    return [intent?.pool.balance, remarks.length]
  }
  assert.deepEqual(balance('least_conn;'), ['least-conn', 0])
  assert.deepEqual(balance('ip_hash;'), ['sticky', 0])
  assert.deepEqual(balance('hash $remote_addr consistent;'), ['sticky', 0])
  assert.deepEqual(balance('hash $request_uri;'), [undefined, 1])
  assert.deepEqual(balance('round_robin;'), [undefined, 0])
})

test('variables are told one by one, and those of Python are not meant', () => {
  const environmentNames = [
    'LETSENCRYPT_EMAIL',
    'PATH',
    'VIRTUAL_ENV',
    'VIRTUAL_HOSTS',
    'VIRTUAL_ROOT',
  ]
  const reading = read({ VIRTUAL_HOST: 'a.example' }, { environmentNames })
  assert.deepEqual(
    reading?.remarks.map(({ key, nearest }) => [key, nearest]),
    [
      ['LETSENCRYPT_EMAIL', undefined],
      ['VIRTUAL_HOSTS', 'VIRTUAL_HOST'],
      ['VIRTUAL_ROOT', undefined],
    ],
  )
})
