import type { DialectKey } from '../dialect-key.ts'

const NO_REGEX = 'Regular expressions are never rendered; name hosts and paths one by one.'

/** What may stand in a rule; names of matchers are compared without regard to case. */
export const matcherKeys: readonly DialectKey[] = [
  {
    key: 'Host',
    state: 'works',
    why: 'Names of the route; upper-case letters are lowered. Every way through a rule needs one.',
    example: 'Host(`a.example`, `b.example`)',
  },
  {
    key: 'HostHeader',
    state: 'works',
    why: 'The same as Host.',
    example: 'HostHeader(`b.example`)',
  },
  {
    key: 'Path',
    state: 'works',
    why: 'Exactly this path.',
    example: 'Host(`a.example`) && Path(`/api`)',
  },
  {
    key: 'PathPrefix',
    state: 'works',
    why:
      'Paths that begin with this in whole segments: /api and /api/x, but not /apix, which it would' +
      ' mean in Traefik. A remark says so where the two differ.',
    example: 'Host(`a.example`) && PathPrefix(`/api/`)',
  },
  {
    key: 'Method',
    state: 'works',
    why: 'Requests of this method; several are read too, and `!` before it.',
    example: 'Host(`a.example`) && Method(`GET`)',
  },
  {
    key: 'Header',
    state: 'works',
    why:
      'Requests with this header and value, which is compared without regard to case; `!` before it is' +
      ' read too.',
    example: 'Host(`a.example`) && Header(`X-Team`, `blue`)',
  },
  {
    key: 'Headers',
    state: 'works',
    why: 'The name of Header in version 2.',
    example: 'Host(`a.example`) && Headers(`X-Team`, `blue`)',
  },
  {
    key: 'ClientIP',
    state: 'works',
    why: 'Visitors from these networks; `!` before it is read too.',
    example: 'Host(`a.example`) && ClientIP(`10.0.0.0/8`)',
  },
  {
    key: 'HostRegexp',
    state: 'refused',
    reason: 'regex-refused',
    why: NO_REGEX,
    example: 'HostRegexp(`^.+\\.example$`)',
  },
  {
    key: 'PathRegexp',
    state: 'refused',
    reason: 'regex-refused',
    why: NO_REGEX,
    example: 'Host(`a.example`) && PathRegexp(`^/v[0-9]`)',
  },
  {
    key: 'HeaderRegexp',
    state: 'refused',
    reason: 'regex-refused',
    why: NO_REGEX,
    example: 'Host(`a.example`) && HeaderRegexp(`X-Team`, `^b`)',
  },
  {
    key: 'HeadersRegexp',
    state: 'refused',
    reason: 'regex-refused',
    why: NO_REGEX,
    example: 'Host(`a.example`) && HeadersRegexp(`X-Team`, `^b`)',
  },
  {
    key: 'QueryRegexp',
    state: 'refused',
    reason: 'regex-refused',
    why: NO_REGEX,
    example: 'Host(`a.example`) && QueryRegexp(`debug`, `^1`)',
  },
  {
    key: 'Query',
    state: 'refused',
    reason: 'rule-refused',
    why: 'What stands after the question mark leads to no other route.',
    example: 'Host(`a.example`) && Query(`debug`, `1`)',
  },
]
