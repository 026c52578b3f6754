import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type { DialectKey } from '../dialect-key.ts'

const MIDDLEWARE = 'traefik.http.middlewares.<middleware>'

function works(
  key: string,
  example: string,
  why: string,
  beside?: DialectKey['beside'],
): DialectKey {
  const row = { key: `${MIDDLEWARE}.${key}`, state: 'works', why, example } as const
  return beside === undefined ? row : { ...row, beside }
}

function remark(key: string, why: string, example = 'true'): DialectKey {
  return { key: `${MIDDLEWARE}.${key}`, state: 'remark', why, example }
}

function refused(
  key: string,
  why: string,
  example = 'true',
  reason: ReasonCode = 'middleware-refused',
): DialectKey {
  return { key: `${MIDDLEWARE}.${key}`, state: 'refused', why, example, reason }
}

const THIS = 'traefik.http.middlewares.web'
const toHttps = { [`${THIS}.redirectscheme.scheme`]: 'https' }
const rate = { [`${THIS}.ratelimit.average`]: '20' }
const hsts = { [`${THIS}.headers.stsseconds`]: '600' }
const someUser = { [`${THIS}.basicauth.users`]: 'ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=' }

const NO_REGEX = 'Regular expressions are never rendered.'
const BY_ADDRESS = 'Visitors are known by the address that the edge sees, and by nothing else.'
const OWN_BUFFERS = 'How much is collected in memory, an edge decides.'
const ONE_ANSWER = 'An answer of the container is passed on as it is.'
const NO_RETRY = 'An edge asks another endpoint where a connection fails, and no more than that.'

const paths: readonly DialectKey[] = [
  works('stripprefix.prefixes', '/api', 'Takes off the path of the route, or its beginning.', {
    'traefik.http.routers.web.rule': 'Host(`a.example`) && PathPrefix(`/api/`)',
  }),
  remark('stripprefix.forceslash', 'What remains of a path always begins with "/".'),
  works('addprefix.prefix', '/v1', 'Put before the path, after others have taken off theirs.'),
  works('replacepath.path', '/v1', 'What the container sees, whatever was asked for.'),
  refused('replacepathregex.…', NO_REGEX, 'x', 'regex-refused'),
  refused('stripprefixregex.…', NO_REGEX, 'x', 'regex-refused'),
]

const redirects: readonly DialectKey[] = [
  works('redirectscheme.scheme', 'https', 'https: sent there, where the edge has a certificate.'),
  {
    ...remark('redirectscheme.permanent', 'The status of such a redirect is the same for all.'),
    beside: toHttps,
  },
  {
    ...remark('redirectscheme.port', 'The port is that of the edge.', '443'),
    beside: toHttps,
  },
  refused('redirectregex.…', NO_REGEX, 'x', 'regex-refused'),
]

const restrictions: readonly DialectKey[] = [
  works(
    'basicauth.users',
    'ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
    'Names with hashes, as htpasswd -m, -s or -B writes them.',
  ),
  refused('basicauth.usersfile', 'Files of Traefik are not read.', '/users'),
  { ...remark('basicauth.realm', 'The realm is the same for all.', 'shop'), beside: someUser },
  {
    ...remark('basicauth.headerfield', 'The name of a user is not passed on.', 'X-User'),
    beside: someUser,
  },
  works('basicauth.removeheader', 'true', 'The container sees no Authorization.', someUser),
  works('ipallowlist.sourcerange', '10.0.0.0/8', 'Visitors from elsewhere get 403.'),
  works('ipwhitelist.sourcerange', '10.0.0.0/8', 'The name of ipallowlist in version 2.'),
  refused('ipallowlist.ipstrategy.…', BY_ADDRESS, '1'),
  refused('ipwhitelist.ipstrategy.…', BY_ADDRESS, '1'),
  {
    ...remark('ipallowlist.rejectstatuscode', 'The status is 403.', '404'),
    beside: { [`${THIS}.ipallowlist.sourcerange`]: '10.0.0.0/8' },
  },
  works('ratelimit.average', '20', 'Requests of one address in each period; 0 is no limit.'),
  works('ratelimit.period', '1m', 'The period of the average; without it a second.', rate),
  works('ratelimit.burst', '40', 'Requests that may come at once; without it 1.', rate),
  refused('ratelimit.sourcecriterion.…', BY_ADDRESS, '1'),
  { ...remark('ratelimit.redis.…', 'Each edge counts for itself.', 'x'), beside: rate },
  works('buffering.maxrequestbodybytes', '1048576', 'Longer bodies get 413; 0 is no limit.'),
  remark('buffering.memrequestbodybytes', OWN_BUFFERS, '1024'),
  remark('buffering.maxresponsebodybytes', ONE_ANSWER, '1024'),
  remark('buffering.memresponsebodybytes', OWN_BUFFERS, '1024'),
  remark('buffering.retryexpression', NO_RETRY, 'IsNetworkError()'),
  refused(
    'digestauth.…',
    'Only basicauth is read; for users kept by the masters see roadstead.',
    'x',
  ),
  refused('forwardauth.…', 'No other program is asked whether a visitor may come in.', 'x'),
  refused('inflightreq.…', 'For requests at one time see roadstead.max-conns.', '10'),
  refused('passtlsclientcert.…', 'Visitors are not asked for certificates.', 'x'),
  refused('plugin.…', 'Plugins of Traefik cannot run here.', 'x'),
]

const DONE = 'Sets the header of this meaning.'
const OWN_MEANING = 'It decides about names and schemes, which the edge does by itself.'
const NO_ORIGINS =
  'Pages of other names get no leave; set it by customresponseheaders if it is fixed.'

const headers: readonly DialectKey[] = [
  works('headers.customrequestheaders.<Name>', 'blue', 'For the container; empty: taken away.'),
  works('headers.customresponseheaders.<Name>', 'blue', 'For the visitor; empty: taken away.'),
  works('headers.stsseconds', '600', 'Strict-Transport-Security on answers over TLS.'),
  works('headers.stsincludesubdomains', 'true', 'The same for names under it.', hsts),
  works('headers.stspreload', 'true', 'The same with its mark for lists of browsers.', hsts),
  {
    ...remark(
      'headers.forcestsheader',
      'Browsers take it over TLS only, so it is sent there only.',
    ),
    beside: hsts,
  },
  works('headers.framedeny', 'true', DONE),
  works('headers.customframeoptionsvalue', 'SAMEORIGIN', DONE),
  works('headers.contenttypenosniff', 'true', DONE),
  works('headers.browserxssfilter', 'true', DONE),
  works('headers.custombrowserxssvalue', '0', DONE),
  works('headers.referrerpolicy', 'same-origin', DONE),
  works('headers.contentsecuritypolicy', 'upgrade-insecure-requests', DONE),
  works('headers.permissionspolicy', 'camera=()', DONE),
  works('headers.sslredirect', 'true', 'The same as redirectscheme to https.'),
  remark('headers.ssltemporaryredirect', 'The status of such a redirect is the same for all.'),
  remark('headers.sslforcehost', OWN_MEANING),
  remark('headers.sslhost', OWN_MEANING, 'a.example'),
  remark('headers.sslproxyheaders.…', OWN_MEANING, 'x'),
  remark('headers.hostsproxyheaders', OWN_MEANING, 'x'),
  remark('headers.isdevelopment', 'All headers are set always.'),
  refused('headers.allowedhosts', 'Name the hosts in the rule.', 'a.example'),
  refused('headers.publickey', 'Pinning of keys has no meaning to browsers any more.', 'x'),
  remark('headers.featurepolicy', 'Browsers read permissionspolicy instead.', 'x'),
  remark('headers.contentsecuritypolicyreportonly', 'Nothing is reported.', 'x'),
  remark('headers.addvaryheader', NO_ORIGINS),
  remark('headers.accesscontrolallowcredentials', NO_ORIGINS),
  remark('headers.accesscontrolallowheaders', NO_ORIGINS, 'x'),
  remark('headers.accesscontrolallowmethods', NO_ORIGINS, 'GET'),
  remark('headers.accesscontrolalloworiginlist', NO_ORIGINS, 'https://b.example'),
  remark('headers.accesscontrolalloworiginlistregex', NO_ORIGINS, 'x'),
  remark('headers.accesscontrolexposeheaders', NO_ORIGINS, 'x'),
  remark('headers.accesscontrolmaxage', NO_ORIGINS, '60'),
]

const tuning: readonly DialectKey[] = [
  works('compress', 'true', 'Answers of the usual types are compressed.'),
  remark('compress.…', 'Which answers are compressed, and how, is the same for all.', 'x'),
  remark('retry.…', NO_RETRY, '2'),
  remark('circuitbreaker.…', 'Endpoints that fail are left out by checks instead.', 'x'),
  remark('errors.…', ONE_ANSWER, '500-599'),
  remark('contenttype', ONE_ANSWER),
  remark('contenttype.…', ONE_ANSWER),
  remark('grpcweb.…', 'gRPC is passed on as it is.', '*'),
]

/** Labels of Traefik about middlewares. Whatever is not on this list refuses the routes that use it. */
export const middlewareKeys: readonly DialectKey[] = [
  works('chain.middlewares', 'small', 'Others, in their order.', {
    'traefik.http.middlewares.small.compress': 'true',
  }),
  ...paths,
  ...redirects,
  ...restrictions,
  ...headers,
  ...tuning,
]
