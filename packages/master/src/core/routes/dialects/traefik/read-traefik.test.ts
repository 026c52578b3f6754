import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { exampleContainer } from '../../../examples.ts'
import type { Intent, Reading } from '../../intent.ts'
import { defaultPolicy } from '../../policy.ts'
import { readAsks } from '../read-asks.ts'

type Texts = Readonly<Record<string, string>>

/** Labels of Traefik, without what all of them begin with. */
function read(labels: Texts, changes: Partial<Container> = {}): Reading | undefined {
  const full = Object.entries(labels).map(([key, value]) => [`traefik.${key}`, value])
  const container = exampleContainer(1, { labels: Object.fromEntries(full), ...changes })
  const host = HostId.parse('alpha')
  return readAsks({ container, host, policy: defaultPolicy, digest: sha256 })
}

function refusals(labels: Texts, changes: Partial<Container> = {}): readonly string[] {
  return (read(labels, changes)?.refusals ?? []).map(({ route, reason, details }) =>
    [`${route}: ${reason}`, ...Object.values(details)].join(' | '),
  )
}

const web = { 'http.routers.web.rule': 'Host(`a.example`)' }

/** The intent of one router with these middlewares, applied in this order. */
function applied(middlewares: Texts, names: string, rule = web['http.routers.web.rule']): Intent {
  const labels = Object.entries(middlewares).map(([key, value]) => [
    `http.middlewares.${key}`,
    value,
  ])
  const reading = read({
    'http.routers.web.rule': rule,
    'http.routers.web.middlewares': names,
    ...Object.fromEntries(labels),
  })
  assert.deepEqual(reading?.refusals, [])
  const [intent] = reading?.intents ?? []
  assert.ok(intent)
  return intent
}

test('a router alone leads to the only port of its container', () => {
  const [intent, ...others] = read(web)?.intents ?? []
  assert.equal(others.length, 0)
  assert.deepEqual(
    [intent?.key, intent?.service, intent?.port, intent?.priority],
    ['a.example prefix /', 'c1', 80, web['http.routers.web.rule'].length],
  )
})

test('keys are read in any case, and items of lists one by one', () => {
  const reading = read({
    'HTTP.Routers.Web.Rule': 'Host(`a.example`)',
    'http.routers.web.middlewares[1]': 'B',
    'http.routers.WEB.middlewares[0]': 'a',
    'http.middlewares.a.addprefix.prefix': '/a',
    'http.middlewares.b.AddPrefix.Prefix': '/b',
  })
  assert.equal(reading?.intents[0]?.settings.addPrefix, '/b/a')
})

test('a service is known by its project, and pools by its name', () => {
  const labels = { ...web, 'http.services.Shop.loadbalancer.server.port': '8080' }
  const key = (changes: Partial<Container>) => read(labels, changes)?.intents[0]?.service
  assert.equal(key({ name: 'x', project: 'blog', composeService: 'y' }), 'blog/shop')
  assert.equal(key({ name: 'x' }), 'traefik/shop')
  assert.equal(key({ name: 'z' }), 'traefik/shop')
})

test('a port from the image is taken, and its name of a service is not', () => {
  const inheritedLabels = { 'traefik.http.services.web.loadbalancer.server.port': '9000' }
  const [intent] = read(web, { inheritedLabels })?.intents ?? []
  assert.deepEqual([intent?.port, intent?.service], [9_000, 'c1'])
  assert.equal(read({}, { inheritedLabels }), undefined)
})

test('an image claims no name and defines no middleware', () => {
  const inheritedLabels = { 'traefik.http.routers.evil.rule': 'Host(`b.example`)' }
  assert.deepEqual(refusals({}, { inheritedLabels }), [
    'evil: label-inherited | traefik.http.routers.evil.rule',
  ])
  const ofImage = { 'traefik.http.middlewares.m.compress': 'true' }
  const labels = { ...web, 'http.routers.web.middlewares': 'm' }
  assert.deepEqual(refusals(labels, { inheritedLabels: ofImage }), [
    'web: label-inherited | traefik.http.middlewares.m.compress',
  ])
})

test('a service has to be clear', () => {
  const two = {
    ...web,
    'http.services.x.loadbalancer.server.port': '80',
    'http.services.y.loadbalancer.server.port': '81',
  }
  assert.deepEqual(refusals(two), ['web: service-unknown | x, y'])
  assert.deepEqual(read({ ...two, 'http.routers.web.service': 'Y@docker' })?.intents[0]?.port, 81)
  assert.deepEqual(refusals({ ...web, 'http.routers.web.service': 'api@internal' }), [
    'web: reference-refused | api@internal',
  ])
  assert.deepEqual(refusals({ ...web, 'http.routers.web.service': 'z' }), [
    'web: service-unknown | traefik.http.routers.web.service | z',
  ])
})

test('without a rule there is no name', () => {
  assert.deepEqual(refusals({ enable: 'true' }), ['default: host-missing | default'])
  assert.deepEqual(refusals({ 'http.services.x.loadbalancer.server.port': '80' }), [
    'default: host-missing | default',
  ])
  assert.deepEqual(refusals({ 'http.routers.r.entrypoints': 'web' }), ['r: host-missing | r'])
  assert.equal(read({ enable: 'false' }), undefined)
})

test('each name of a rule has its own fate', () => {
  const reading = read({ 'http.routers.r.rule': 'Host(`a.example`, `localhost`, `*.b.example`)' })
  assert.deepEqual(
    reading?.intents.map(({ domain }) => domain),
    ['a.example'],
  )
  assert.deepEqual(
    reading?.refusals.map(({ reason }) => reason),
    ['invalid-host', 'wildcard-not-granted'],
  )
})

test('the path at the container is what middlewares make of it, one after the other', () => {
  const rule = 'Host(`a.example`) && PathPrefix(`/api/v1`)'
  const mw = {
    'strip.stripprefix.prefixes': '/nothing, /api/',
    'whole.stripprefix.prefixes': '/api/v1',
    'add.addprefix.prefix': '/x/',
    'put.replacepath.path': '/fixed',
  }
  const path = (names: string, of = rule) => {
    const { stripPrefix, settings } = applied(mw, names, of)
    return [stripPrefix, settings.addPrefix, settings.replacePath]
  }
  assert.deepEqual(path('strip'), [true, '/v1', undefined])
  assert.deepEqual(path('whole'), [true, undefined, undefined])
  assert.deepEqual(path('whole,add'), [true, '/x', undefined])
  assert.deepEqual(path('add'), [false, '/x', undefined])
  assert.deepEqual(path('add,whole'), [false, '/x', undefined])
  assert.deepEqual(path('put,add'), [false, undefined, '/x/fixed'])
  assert.deepEqual(path('whole', 'Host(`a.example`) && Path(`/api/v1/go`)'), [
    false,
    undefined,
    '/go',
  ])
  assert.deepEqual(path('whole', 'Host(`a.example`) && Path(`/api/v1`)'), [false, undefined, '/'])
  assert.deepEqual(path('whole', 'Host(`a.example`) && Path(`/b`)'), [false, undefined, undefined])
})

test('a prefix that is longer than the path of the route cannot be taken off', () => {
  const labels = {
    ...web,
    'http.routers.web.middlewares': 'm',
    'http.middlewares.m.stripprefix.prefixes': '/a',
  }
  assert.match(refusals(labels)[0] ?? '', /^web: middleware-refused \| .*prefixes \| only what/)
})

test('chains are resolved in order, and circles are refused', () => {
  const mw = {
    'all.chain.middlewares': 'one, two@docker',
    'one.addprefix.prefix': '/one',
    'two.addprefix.prefix': '/two',
  }
  assert.equal(applied(mw, 'all').settings.addPrefix, '/two/one')
  const circle = {
    ...web,
    'http.routers.web.middlewares': 'a',
    'http.middlewares.a.chain.middlewares': 'b',
    'http.middlewares.b.chain.middlewares': 'a',
  }
  assert.deepEqual(refusals(circle), ['web: middleware-refused | a | it leads back to itself'])
})

test('a chain that doubles itself at every level ends', () => {
  const chains = Array.from({ length: 30 }, (_, n) => [
    `http.middlewares.c${n}.chain.middlewares`,
    `c${n + 1},c${n + 1}`,
  ])
  const labels = { ...web, 'http.routers.web.middlewares': 'c0', ...Object.fromEntries(chains) }
  const last = { 'http.middlewares.c30.compress': 'true' }
  assert.match(refusals({ ...labels, ...last })[0] ?? '', /^web: over-budget/)
})

test('who is let in is never widened', () => {
  const mw = {
    'a.ipallowlist.sourcerange': '10.0.0.0/8, 192.0.2.1',
    'b.ipwhitelist.sourcerange': '10.9.9.9/16,::1',
    'r.ratelimit.average': '100',
    'r.ratelimit.period': '1m',
    'r.ratelimit.burst': '50',
    'u.basicauth.users': 'ann:$apr1$abc$def,bob:{SHA}x=',
    'u.basicauth.removeheader': 'true',
    's.buffering.maxrequestbodybytes': '2048',
    't.buffering.maxrequestbodybytes': '4096',
  }
  assert.deepEqual(applied(mw, 'a,b,r,u,s,t').settings, {
    allow: ['10.9.0.0/16'],
    limit: { requests: 100, per: 'minute', burst: 49 },
    users: ['ann:$apr1$abc$def', 'bob:{SHA}x='],
    requestHeaders: [{ name: 'Authorization', value: '' }],
    buffering: true,
    bodyBytesMax: 2_048,
  })
})

test('a restriction that is not understood refuses the route', () => {
  const refused = (middleware: Texts) => {
    const named = Object.entries(middleware).map(([key, value]) => [
      `http.middlewares.m.${key}`,
      value,
    ])
    const labels = { ...web, 'http.routers.web.middlewares': 'm', ...Object.fromEntries(named) }
    return refusals(labels)[0]?.split(' | ').slice(0, 2).join(' ')
  }
  const label = 'traefik.http.middlewares.m'
  assert.equal(refused({}), 'web: middleware-unknown m')
  assert.equal(
    refused({ 'basicauth.users': 'ann:secret' }),
    `web: invalid-value ${label}.basicauth.users`,
  )
  assert.equal(refused({ 'basicauth.realm': 'x' }), 'web: middleware-refused m')
  assert.equal(
    refused({ 'ipallowlist.sourcerange': '10.0.0/8' }),
    `web: invalid-value ${label}.ipallowlist.sourcerange`,
  )
  assert.equal(
    refused({ 'ipalowlist.sourcerange': '::1' }),
    `web: unknown-key ${label}.ipalowlist.sourcerange`,
  )
  assert.equal(
    refused({ 'ratelimit.average': '-1' }),
    `web: invalid-value ${label}.ratelimit.average`,
  )
  assert.equal(refused({ compress: 'true', 'retry.attempts': '2' }), 'web: middleware-refused m')
  const header = 'headers.customrequestheaders.X-Forwarded-For'
  assert.match(refused({ [header]: '::1' }) ?? '', /^web: header-refused /)
})

test('what a refused router may have guarded does not come in by a wider one', () => {
  const labels = (rule: string) => ({
    ...web,
    'http.routers.admin.rule': rule,
    'http.routers.admin.middlewares': 'auth@file',
    'http.routers.deep.rule': 'Host(`a.example`) && Path(`/admin/open/for/everybody/whatever`)',
    'http.routers.beside.rule': 'Host(`a.example`) && PathPrefix(`/shop`)',
    'http.routers.other.rule': 'Host(`b.example`)',
  })
  const served = (rule: string) => read(labels(rule))?.intents.map(({ route }) => route)
  const admin = 'Host(`a.example`) && PathPrefix(`/admin`)'
  assert.deepEqual(served(admin), ['beside', 'deep', 'other'])
  assert.deepEqual(refusals(labels(admin)), [
    'admin: reference-refused | auth@file',
    'web: beside-refused | admin',
  ])
  assert.deepEqual(served('Host(`a.example`) && PathRegexp(`^/(admin|root)`)'), ['deep', 'other'])
  assert.deepEqual(served('Host(`b.example`) && Path(`/x`)'), ['beside', 'deep', 'web'])
  assert.deepEqual(served(`Host(\`a.example\`${' '.repeat(99)}`), [])
  // Without a middleware it restricts nothing that others would open.
  const free = { ...web, 'http.routers.x.rule': 'Host(`a.example`) && PathRegexp(`x`)' }
  assert.deepEqual(
    read(free)?.intents.map(({ route }) => route),
    ['web'],
  )
})

test('headers: the last word on the way in, the first on the way out', () => {
  const mw = {
    'a.headers.customrequestheaders.X-Team': 'one',
    'a.headers.customresponseheaders.X-Robots-Tag': 'none',
    'a.headers.framedeny': 'true',
    'b.headers.customRequestHeaders.x-team': 'two',
    'b.headers.customresponseheaders.x-robots-tag': 'all',
    'b.headers.stsseconds': '600',
  }
  const { requestHeaders, responseHeaders, hsts } = applied(mw, 'a,b').settings
  assert.deepEqual(requestHeaders, [{ name: 'x-team', value: 'two' }])
  assert.deepEqual(responseHeaders, [
    { name: 'X-Frame-Options', value: 'DENY' },
    { name: 'X-Robots-Tag', value: 'none' },
  ])
  assert.deepEqual(hsts, { maxAgeS: 600, subdomains: false, preload: false })
})

test('a router for HTTP and one for HTTPS are one route', () => {
  const pair = {
    'http.routers.plain.rule': 'Host(`a.example`)',
    'http.routers.plain.entrypoints': 'web',
    'http.routers.tls.rule': 'Host(`a.example`)',
    'http.routers.tls.entrypoints': 'websecure',
    'http.routers.tls.tls.certresolver': 'le',
  }
  const same = read(pair)
  assert.deepEqual([same?.refusals, same?.intents.map(({ route }) => route)], [[], ['tls']])
  const redirected = read({
    ...pair,
    'http.routers.plain.middlewares': 'up',
    'http.routers.plain.service': 'noop@internal',
    'http.middlewares.up.redirectscheme.scheme': 'https',
  })
  assert.deepEqual(redirected?.refusals, [])
  assert.deepEqual(redirected?.intents[0]?.settings, { https: 'prefer' })
  const guarded = {
    ...pair,
    'http.routers.tls.middlewares': 'm',
    'http.middlewares.m.ipallowlist.sourcerange': '::1',
  }
  assert.deepEqual(refusals(guarded), ['plain: duplicate-route | tls'])
  assert.deepEqual(read(guarded)?.intents[0]?.settings.allow, ['::1/128'])
})

test('what is not known is told one by one, with the nearest', () => {
  const reading = read({
    ...web,
    'frontend.rule': 'Host:a',
    'http.services.x.loadbalancer.server.prot': '81',
  })
  assert.deepEqual(
    reading?.remarks.map(({ key, nearest }) => [key, nearest]),
    [
      ['traefik.frontend.rule', undefined],
      [
        'traefik.http.services.x.loadbalancer.server.prot',
        'traefik.http.services.x.loadbalancer.server.port',
      ],
    ],
  )
  assert.deepEqual(refusals({ ...web, 'http.routers.web.entrypoint': 'web' }), [
    'web: unknown-key | traefik.http.routers.web.entrypoint | traefik.http.routers.web.entrypoints',
  ])
})

test('what is cut on its way is not read', () => {
  const rule = `Host(\`a.example\`)${' '.repeat(4_079)}`
  assert.equal(rule.length, 4_096)
  assert.match(refusals({ 'http.routers.r.rule': rule })[0] ?? '', /^r: over-budget/)
})
