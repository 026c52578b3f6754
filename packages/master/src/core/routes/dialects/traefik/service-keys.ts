import type { DialectKey } from '../dialect-key.ts'

const SERVICE = 'traefik.http.services.<service>.loadbalancer'
const COOKIE = 'The cookie of an edge is for the whole name, for the session and for HTTP alone.'
const OWN_CHECKS = 'Edges check in their own way; see roadstead.health.'

/** Labels of Traefik about services; nothing here restricts anybody. */
export const serviceKeys: readonly DialectKey[] = [
  {
    key: `${SERVICE}.server.port`,
    state: 'works',
    why: 'Where the container listens; without it the only port that it exposes. An image may say it.',
    example: '81',
  },
  {
    key: `${SERVICE}.server.scheme`,
    state: 'works',
    why: 'http or https; h2c is spoken to as gRPC is.',
    example: 'https',
  },
  {
    key: `${SERVICE}.server.weight`,
    state: 'works',
    why: 'Share of the container beside others of its service, from 1 to 100.',
    example: '3',
  },
  {
    key: `${SERVICE}.server.url`,
    state: 'refused',
    reason: 'invalid-value',
    why: 'An edge goes to containers and never to an address that a label names.',
    example: 'http://192.0.2.1',
  },
  {
    key: `${SERVICE}.server.preservepath`,
    state: 'remark',
    why: 'A container has no path of its own that could be kept.',
    example: 'true',
  },
  {
    key: `${SERVICE}.passhostheader`,
    state: 'works',
    why: 'false: the container sees its own address as Host.',
    example: 'false',
  },
  {
    key: `${SERVICE}.sticky`,
    state: 'works',
    why: 'true: a cookie keeps visitors with their container.',
    example: 'true',
  },
  {
    key: `${SERVICE}.sticky.cookie`,
    state: 'works',
    why: 'true: a cookie keeps visitors with their container.',
    example: 'true',
  },
  {
    key: `${SERVICE}.sticky.cookie.name`,
    state: 'works',
    why: 'Name of that cookie: a letter, then letters, digits, _ and -, at most 32.',
    example: 'shop',
  },
  { key: `${SERVICE}.sticky.cookie.secure`, state: 'remark', why: COOKIE, example: 'true' },
  { key: `${SERVICE}.sticky.cookie.httponly`, state: 'remark', why: COOKIE, example: 'true' },
  { key: `${SERVICE}.sticky.cookie.samesite`, state: 'remark', why: COOKIE, example: 'lax' },
  { key: `${SERVICE}.sticky.cookie.maxage`, state: 'remark', why: COOKIE, example: '60' },
  { key: `${SERVICE}.sticky.cookie.path`, state: 'remark', why: COOKIE, example: '/' },
  { key: `${SERVICE}.sticky.cookie.domain`, state: 'remark', why: COOKIE, example: 'a.example' },
  {
    key: `${SERVICE}.strategy`,
    state: 'works',
    why: 'wrr: in turns; p2c and leasttime: to who has least to do; hrw: by the address of visitors.',
    example: 'p2c',
  },
  {
    key: `${SERVICE}.healthcheck.path`,
    state: 'works',
    why: 'Asked for by every edge; answers from 200 to 399 are good.',
    example: '/healthz',
  },
  {
    key: `${SERVICE}.healthcheck.interval`,
    state: 'works',
    why: 'Time between two checks, from 1s to 5m; without it 30s.',
    example: '10s',
    beside: { 'traefik.http.services.web.loadbalancer.healthcheck.path': '/healthz' },
  },
  { key: `${SERVICE}.healthcheck.timeout`, state: 'remark', why: OWN_CHECKS, example: '3s' },
  { key: `${SERVICE}.healthcheck.…`, state: 'remark', why: OWN_CHECKS, example: 'x' },
  { key: `${SERVICE}.passivehealthcheck.…`, state: 'remark', why: OWN_CHECKS, example: 'x' },
  {
    key: `${SERVICE}.responseforwarding.flushinterval`,
    state: 'remark',
    why: 'Answers are passed on as they come.',
    example: '100ms',
  },
  {
    key: `${SERVICE}.serverstransport`,
    state: 'remark',
    why: 'How an edge speaks with containers is a matter of its operator.',
    example: 'slow@file',
  },
  {
    key: 'traefik.http.services.<service>.weighted.…',
    state: 'refused',
    reason: 'service-unknown',
    why: 'Traefik reads it from files only; for a share see the canary key of roadstead.',
    example: 'x',
  },
  {
    key: 'traefik.http.services.<service>.mirroring.…',
    state: 'refused',
    reason: 'service-unknown',
    why: 'No request is sent twice.',
    example: 'x',
  },
  {
    key: 'traefik.http.services.<service>.failover.…',
    state: 'refused',
    reason: 'service-unknown',
    why: 'For an endpoint that waits for the others to fail, see roadstead.backup.',
    example: 'x',
  },
  {
    key: 'traefik.http.serverstransports.<transport>.…',
    state: 'remark',
    why: 'How an edge speaks with containers is a matter of its operator.',
    example: 'x',
  },
]
