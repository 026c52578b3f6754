import type { DialectKey } from '../dialect-key.ts'

const ROUTER = 'traefik.tcp.routers.<router>'
const SERVICE = 'traefik.tcp.services.<service>.loadbalancer'
const MIDDLEWARE = 'traefik.tcp.middlewares.<middleware>'

const ENTRY =
  'Ports of the edges, by the names that `dialects.entry-points` of the policy gives them; one that is' +
  ' not there costs itself alone.'
const ONLY_SERVICE =
  'One of the services that the container defines; needed where there are several.'
const PORT =
  'Where the container listens; without it the only such port that it exposes. An image may say it.'
const NO_TLS =
  'Edges neither end nor begin TLS for a TCP route; let the container speak it, with tls.passthrough.'
const FILES_ONLY = 'Traefik reads it from files only.'
const OTHER_SERVICE = { 'traefik.tcp.services.other.loadbalancer.server.port': '81' }

/** Labels of Traefik about TCP and UDP. */
export const streamKeys: readonly DialectKey[] = [
  {
    key: `${ROUTER}.rule`,
    state: 'works',
    why: 'HostSNI(`*`): whoever comes to the port; see the matchers below.',
    example: 'HostSNI(`*`)',
  },
  { key: `${ROUTER}.entrypoints`, state: 'works', why: ENTRY, example: 'pg,pg2' },
  {
    key: `${ROUTER}.service`,
    state: 'works',
    why: ONLY_SERVICE,
    example: 'web',
    beside: OTHER_SERVICE,
  },
  {
    key: `${ROUTER}.middlewares`,
    state: 'works',
    why: 'Applied in their order; they are defined on the same container.',
    example: 'office',
    beside: { 'traefik.tcp.middlewares.office.ipallowlist.sourcerange': '10.0.0.0/8' },
  },
  {
    key: `${ROUTER}.priority`,
    state: 'remark',
    why: 'A port has one route, so nothing comes before it.',
    example: '500',
  },
  {
    key: `${ROUTER}.rulesyntax`,
    state: 'remark',
    why: 'Both syntaxes are read at once.',
    example: 'v3',
  },
  {
    key: `${ROUTER}.tls`,
    state: 'remark',
    why: 'Served with tls.passthrough beside it, and refused without (tls-refused).',
    example: 'true',
    beside: { 'traefik.tcp.routers.web.tls.passthrough': 'true' },
  },
  {
    key: `${ROUTER}.tls.passthrough`,
    state: 'remark',
    why: 'Connections are passed on as they come, and those without TLS, too; false is refused.',
    example: 'true',
  },
  {
    key: `${ROUTER}.tls.…`,
    state: 'refused',
    reason: 'tls-refused',
    why: NO_TLS,
    example: 'letsencrypt',
  },
  { key: `${SERVICE}.server.port`, state: 'works', why: PORT, example: '81' },
  {
    key: `${SERVICE}.server.tls`,
    state: 'refused',
    reason: 'tls-refused',
    why: NO_TLS,
    example: 'true',
  },
  {
    key: `${SERVICE}.proxyprotocol.version`,
    state: 'works',
    why: '1: the container is told the address of the visitor; nginx cannot send 2.',
    example: '1',
  },
  {
    key: `${SERVICE}.proxyprotocol`,
    state: 'refused',
    reason: 'invalid-value',
    why: 'Without a version Traefik means 2, which nginx cannot send; write proxyprotocol.version=1.',
    example: 'true',
  },
  {
    key: `${SERVICE}.terminationdelay`,
    state: 'remark',
    why: 'When one side has ended, nginx ends the other.',
    example: '100',
  },
  {
    key: `${SERVICE}.healthcheck.…`,
    state: 'remark',
    why: 'Edges try whether the port accepts a connection.',
    example: 'x',
  },
  {
    key: `${SERVICE}.serverstransport`,
    state: 'refused',
    reason: 'tls-refused',
    why: 'It may ask for TLS, and is defined outside of labels.',
    example: 'secure@file',
  },
  {
    key: 'traefik.tcp.services.<service>.weighted.…',
    state: 'refused',
    reason: 'service-unknown',
    why: FILES_ONLY,
    example: 'x',
  },
  {
    key: 'traefik.tcp.serverstransports.<transport>.…',
    state: 'remark',
    why: 'How an edge speaks with containers is a matter of its operator.',
    example: 'x',
  },
  {
    key: `${MIDDLEWARE}.ipallowlist.sourcerange`,
    state: 'works',
    why: 'Visitors from elsewhere are sent away at once.',
    example: '10.0.0.0/8',
  },
  {
    key: `${MIDDLEWARE}.ipwhitelist.sourcerange`,
    state: 'works',
    why: 'The name of ipallowlist in version 2.',
    example: '10.0.0.0/8',
  },
  {
    key: `${MIDDLEWARE}.inflightconn.amount`,
    state: 'refused',
    reason: 'middleware-refused',
    why: 'Connections of a visitor are not counted; roadstead.max-conns bounds those of a container.',
    example: '10',
  },
  { key: 'traefik.udp.routers.<router>.entrypoints', state: 'works', why: ENTRY, example: 'dns' },
  {
    key: 'traefik.udp.routers.<router>.service',
    state: 'works',
    why: ONLY_SERVICE,
    example: 'web',
    beside: { 'traefik.udp.services.other.loadbalancer.server.port': '81' },
  },
  {
    key: 'traefik.udp.services.<service>.loadbalancer.server.port',
    state: 'works',
    why: PORT,
    example: '81',
  },
  {
    key: 'traefik.udp.services.<service>.weighted.…',
    state: 'refused',
    reason: 'service-unknown',
    why: FILES_ONLY,
    example: 'x',
  },
]

const WHOLE_PORT = 'Of TLS and of visitors nothing is asked here; see ipallowlist for addresses.'

/** What may stand in the rule of a TCP router; names are compared without regard to case. */
export const streamMatcherKeys: readonly DialectKey[] = [
  {
    key: 'HostSNI',
    state: 'works',
    why: '`*` alone: everybody who comes to the port.',
    example: 'HostSNI(`*`)',
  },
  {
    key: 'HostSNI with a name',
    state: 'later',
    why: 'Nobody looks into TLS for the name yet, so a port leads to one service.',
    example: 'HostSNI(`a.example`)',
  },
  {
    key: 'HostSNIRegexp',
    state: 'refused',
    reason: 'regex-refused',
    why: 'Regular expressions are never rendered.',
    example: 'HostSNIRegexp(`^.+$`)',
  },
  {
    key: 'ClientIP',
    state: 'refused',
    reason: 'rule-refused',
    why: WHOLE_PORT,
    example: 'HostSNI(`*`) && ClientIP(`10.0.0.0/8`)',
  },
  {
    key: 'ALPN',
    state: 'refused',
    reason: 'rule-refused',
    why: WHOLE_PORT,
    example: 'HostSNI(`*`) && ALPN(`h2`)',
  },
]
