import type { DialectKey } from '../dialect-key.ts'

const CERTIFICATES = 'Certificates are given to the edges, by a folder or through the masters.'
const OWN_SERVER = 'It is a matter of the edge and the same for all its routes.'
const LABEL = 'com.github.nginx-proxy.nginx-proxy'

/** Environment variables of nginx-proxy, and of the tool that gets certificates for it. */
export const virtualHostKeys: readonly DialectKey[] = [
  {
    key: 'VIRTUAL_HOST',
    state: 'works',
    why:
      'Names of the route, separated by commas; upper-case letters are lowered. Wildcards need a grant' +
      ' in the policy, and regular expressions are refused.',
    example: 'a.example, b.example',
  },
  {
    key: 'VIRTUAL_PORT',
    state: 'works',
    why:
      'Where the container listens; without it the only port that it exposes, else 80. An image may' +
      ' say it.',
    example: '81',
  },
  {
    key: 'VIRTUAL_PATH',
    state: 'works',
    why: 'The part of the name that is served, in whole segments; without it all of it.',
    example: '/api/',
  },
  {
    key: 'VIRTUAL_DEST',
    state: 'works',
    why: 'What stands in the place of the path when the container sees it; "/" takes it off.',
    example: '/',
    beside: { VIRTUAL_PATH: '/api/' },
  },
  {
    key: 'VIRTUAL_PROTO',
    state: 'works',
    why: 'http, https, grpc or grpcs; uwsgi and fastcgi are refused.',
    example: 'https',
  },
  {
    key: 'VIRTUAL_HOST_MULTIPORTS',
    state: 'works',
    why:
      'Names, under each its paths, under each port, dest and proto; as JSON or as YAML in block form.' +
      ' Where it is set, the variables above are not read.',
    example: '{"b.example":{"/api/":{"port":81,"dest":"/"}}}',
  },
  {
    key: 'VIRTUAL_ROOT',
    state: 'remark',
    why: 'It is for FastCGI, which edges do not speak.',
    example: '/var/www',
  },
  {
    key: 'HTTPS_METHOD',
    state: 'works',
    why:
      'redirect, noredirect and nohttp are https=prefer, both and only; nohttps is both, with a' +
      ' remark, as an edge has TLS for a name or has not. Unset, defaults.https of the policy counts.',
    example: 'redirect',
  },
  {
    key: 'HSTS',
    state: 'works',
    why: 'max-age with includeSubDomains and preload, on answers over TLS; off: none.',
    example: 'max-age=600; includeSubDomains',
  },
  {
    key: 'NETWORK_ACCESS',
    state: 'works',
    why: 'internal: visitors from private networks only, others get 403; external: everybody.',
    example: 'internal',
  },
  { key: 'CERT_NAME', state: 'remark', why: CERTIFICATES, example: 'shared' },
  { key: 'SSL_POLICY', state: 'remark', why: CERTIFICATES, example: 'Mozilla-Modern' },
  { key: 'LETSENCRYPT_HOST', state: 'remark', why: CERTIFICATES, example: 'a.example' },
  { key: 'LETSENCRYPT_EMAIL', state: 'remark', why: CERTIFICATES, example: 'ann@a.example' },
  { key: 'LETSENCRYPT_KEYSIZE', state: 'remark', why: CERTIFICATES, example: '4096' },
  { key: 'LETSENCRYPT_TEST', state: 'remark', why: CERTIFICATES, example: 'true' },
  { key: 'LETSENCRYPT_SINGLE_DOMAIN_CERTS', state: 'remark', why: CERTIFICATES, example: 'true' },
  { key: 'LETSENCRYPT_MIN_VALIDITY', state: 'remark', why: CERTIFICATES, example: '86400' },
  {
    key: 'LETSENCRYPT_RESTART_CONTAINER',
    state: 'remark',
    why: CERTIFICATES,
    example: 'true',
  },
  { key: 'ACME_HTTP_CHALLENGE_LOCATION', state: 'remark', why: CERTIFICATES, example: 'true' },
  { key: 'ENABLE_HTTP_ON_MISSING_CERT', state: 'remark', why: CERTIFICATES, example: 'false' },
  { key: 'SERVER_TOKENS', state: 'remark', why: OWN_SERVER, example: 'off' },
]

/** Labels of nginx-proxy; each begins with the prefix. */
export const virtualHostLabelKeys: readonly DialectKey[] = [
  {
    key: `${LABEL}.loadbalance`,
    state: 'works',
    why:
      'least_conn, ip_hash, round_robin, random and hash of an address are read; hash of anything else' +
      ' is served in turns with a remark, and other text refuses the route.',
    example: 'least_conn;',
  },
  {
    key: `${LABEL}.keepalive`,
    state: 'remark',
    why: 'Edges keep connections to endpoints open by themselves.',
    example: 'auto',
  },
  {
    key: `${LABEL}.ssl_verify_client`,
    state: 'refused',
    reason: 'invalid-value',
    why: 'Visitors are not asked for certificates.',
    example: 'on',
  },
  { key: `${LABEL}.http2.enable`, state: 'remark', why: OWN_SERVER, example: 'false' },
  { key: `${LABEL}.http3.enable`, state: 'remark', why: OWN_SERVER, example: 'true' },
  {
    key: `${LABEL}.debug-endpoint`,
    state: 'remark',
    why: 'For what became of a request, ask roadstead explain.',
    example: 'true',
  },
  {
    key: `${LABEL}.non-get-redirect`,
    state: 'remark',
    why: 'The status of a redirect to HTTPS is the same for all.',
    example: '308',
  },
  { key: `${LABEL}.trust-default-cert`, state: 'remark', why: CERTIFICATES, example: 'false' },
]
