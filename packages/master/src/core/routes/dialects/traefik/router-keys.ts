import type { DialectKey } from '../dialect-key.ts'

const OWN_TLS = 'Certificates are given to the edges, by a folder or through the masters.'
const VERSION_1 =
  'It is a label of Traefik 1, which is not read: write it as a router of version 2.'
const NOT_WATCHED = 'Logs, traces and metrics of Traefik are not made.'

/** Labels of Traefik about the container and its routers. */
export const routerKeys: readonly DialectKey[] = [
  {
    key: 'traefik.enable',
    state: 'works',
    why: 'false keeps the container out; without it the policy says whether it is served.',
    example: 'true',
  },
  {
    key: 'traefik.docker.network',
    state: 'works',
    why: 'Edges reach the container in this network.',
    example: 'bridge',
  },
  {
    key: 'traefik.docker.lbswarm',
    state: 'remark',
    why: 'Requests go to each container and never to the balancer of a swarm.',
    example: 'true',
  },
  {
    key: 'traefik.docker.allownonrunning',
    state: 'remark',
    why: 'A name outlives its containers for ten seconds; see roadstead.hold.',
    example: 'true',
  },
  {
    key: 'traefik.swarm.…',
    state: 'remark',
    why: 'Services of a swarm are served container by container.',
    example: 'x',
  },
  { key: 'traefik.frontend.…', state: 'remark', why: VERSION_1, example: 'Host:a.example' },
  { key: 'traefik.backend', state: 'remark', why: VERSION_1, example: 'web' },
  { key: 'traefik.backend.…', state: 'remark', why: VERSION_1, example: 'web' },
  { key: 'traefik.port', state: 'remark', why: VERSION_1, example: '80' },
  { key: 'traefik.protocol', state: 'remark', why: VERSION_1, example: 'https' },
  { key: 'traefik.weight', state: 'remark', why: VERSION_1, example: '10' },
  {
    key: 'traefik.http.routers.<router>.rule',
    state: 'works',
    why: 'Names, paths and conditions of the route; see the matchers below.',
    example: 'Host(`b.example`)',
  },
  {
    key: 'traefik.http.routers.<router>.rulesyntax',
    state: 'remark',
    why: 'Both syntaxes are read at once.',
    example: 'v3',
  },
  {
    key: 'traefik.http.routers.<router>.priority',
    state: 'works',
    why: 'The higher is asked first; without it, or with 0, the length of the rule counts.',
    example: '500',
  },
  {
    key: 'traefik.http.routers.<router>.service',
    state: 'works',
    why: 'One of the services that the container defines; needed where there are several.',
    example: 'web',
    beside: { 'traefik.http.services.other.loadbalancer.server.port': '81' },
  },
  {
    key: 'traefik.http.routers.<router>.middlewares',
    state: 'works',
    why: 'Applied in their order; they are defined on the same container.',
    example: 'small',
    beside: { 'traefik.http.middlewares.small.compress': 'true' },
  },
  {
    key: 'traefik.http.routers.<router>.entrypoints',
    state: 'remark',
    why: 'A route is served on the ports of its edges; which, the operator says.',
    example: 'web',
  },
  {
    key: 'traefik.http.routers.<router>.tls',
    state: 'works',
    why:
      'Visitors without TLS are sent there where the edge has a certificate for the name, unless' +
      ' another router serves the same in plain. An entry point such as websecure alone says as much.',
    example: 'true',
  },
  {
    key: 'traefik.http.routers.<router>.tls.certresolver',
    state: 'remark',
    why: OWN_TLS,
    example: 'letsencrypt',
  },
  {
    key: 'traefik.http.routers.<router>.tls.domains.main',
    state: 'remark',
    why: OWN_TLS,
    example: 'a.example',
  },
  {
    key: 'traefik.http.routers.<router>.tls.domains.sans',
    state: 'remark',
    why: OWN_TLS,
    example: 'b.example',
  },
  {
    key: 'traefik.http.routers.<router>.tls.options',
    state: 'refused',
    reason: 'reference-refused',
    why: 'It may ask visitors for certificates, and is defined outside of labels.',
    example: 'strict@file',
  },
  {
    key: 'traefik.http.routers.<router>.observability.…',
    state: 'remark',
    why: NOT_WATCHED,
    example: 'x',
  },
  {
    key: 'traefik.http.routers.<router>.parentrefs',
    state: 'refused',
    reason: 'middleware-refused',
    why: 'Routers under routers are not read; write the whole rule at each.',
    example: 'other',
  },
  {
    key: 'traefik.tls.…',
    state: 'remark',
    why: OWN_TLS,
    example: 'x',
  },
]
