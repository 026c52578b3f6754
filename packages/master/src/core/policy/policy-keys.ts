import type { PolicyPath } from './problems.ts'

/** One key of the policy, for the page about it and for advice where a key is mistyped. */
export interface PolicyKey {
  /** As in `limits.hosts.<host>.routes`; `[]` is an entry of a list. */
  readonly key: string
  /** What may stand there. */
  readonly form: string
  readonly meaning: string
}

const HOSTS = 'names that hosts joined with, or ids; or `all`'
const LIMITS = {
  routes: ['0 to 10000', 'Routes of all containers of a host together; usually 512.'],
  'routes-per-container': ['0 to 16', 'Routes of one container.'],
  'names-per-label': ['0 to 16', 'Host names in one label.'],
  labels: ['0 to 64', 'Labels of one container that ask for something.'],
  'label-bytes': ['0 to 16384', 'Bytes of these labels together.'],
} as const

/** Every key, in the order in which the page has them; a test compares them with the schema. */
export const policyKeys: readonly PolicyKey[] = [
  {
    key: 'claims',
    form: 'list of entries',
    meaning:
      'Who may hold which names. As soon as there is one entry, what no entry allows is denied; an' +
      ' empty list denies everything.',
  },
  {
    key: 'claims[].hosts',
    form: HOSTS,
    meaning: 'Hosts that the entry is for. Absent: any, if `projects` is there.',
  },
  {
    key: 'claims[].projects',
    form: 'list of compose projects',
    meaning:
      'Projects that the entry is for. Whoever may start containers on a host chooses their project,' +
      ' so name hosts as well where you do not trust all of them.',
  },
  {
    key: 'claims[].domains',
    form: '`shop.example.com`, `.example.com` or `"*.example.com"`',
    meaning:
      'Names that may be held: one, or all below one, or all below it with the wildcard itself. The' +
      ' entries that name it most closely decide.',
  },
  {
    key: 'claims[].ports',
    form: '`5432`, `tcp:5432` or `udp:6000-6010`',
    meaning:
      'Ports of the edges that may be held by TCP and UDP routes. The entries with the fewest ports' +
      ' around one decide. Ports below 1024 need an entry, and 4222, 7070 and 7071 one by themselves.',
  },
  {
    key: 'dialects.order',
    form: 'list of `roadstead`, `traefik`, `nginx-proxy`',
    meaning:
      'In which languages containers may ask. The first in which one asks is read, and no other.',
  },
  {
    key: 'dialects.hosts.<host>',
    form: 'the same',
    meaning: 'Another order on one host; an empty list reads nothing there.',
  },
  {
    key: 'dialects.exposed-by-default',
    form: '`true` or `false`',
    meaning: 'Whether labels of Traefik are read without `traefik.enable`; usually true.',
  },
  {
    key: 'dialects.virtual-host-pools',
    form: '`true` or `false`',
    meaning:
      'Whether containers of several hosts with one VIRTUAL_HOST serve it together; usually true.',
  },
  {
    key: 'dialects.entry-points.<name>',
    form: '`5432`, `tcp:5432` or `udp:5353`',
    meaning:
      'The port that an entry point of Traefik has; alone it is of TCP. No label tells it, so TCP and UDP' +
      ' routers of Traefik are served only at entry points that stand here. Who may hold the port,' +
      ' `claims` says as for any other.',
  },
  {
    key: 'defaults.body-size',
    form: 'a size such as `64m`',
    meaning: 'Longest body of a request, where labels say nothing of it.',
  },
  {
    key: 'defaults.timeout',
    form: 'a time such as `30s`',
    meaning: 'How long a container may be silent in an answer, where labels say nothing of it.',
  },
  {
    key: 'defaults.buffering',
    form: '`true` or `false`',
    meaning: 'Whether answers are collected before they are passed on.',
  },
  {
    key: 'defaults.compress',
    form: '`true` or `false`',
    meaning: 'Whether answers are compressed.',
  },
  {
    key: 'defaults.limit',
    form: 'a rate such as `20r/s burst=40`',
    meaning: 'Requests of one visitor to one route.',
  },
  {
    key: 'defaults.https',
    form: '`redirect`, `prefer`, `only` or `both`',
    meaning: 'What becomes of requests without TLS.',
  },
  {
    key: 'defaults.hsts',
    form: 'days such as `365d subdomains`',
    meaning: 'For how long browsers come by TLS only.',
  },
  {
    key: 'defaults.kept-name',
    form: '`10s` to `60m`',
    meaning: 'For so long a name stays with its service when no container asks for it any more.',
  },
  ...limitKeys('limits', ''),
  ...limitKeys('limits.hosts.<host>', ' On this host.'),
  {
    key: 'unlabelled.host',
    form: 'a name such as `"{{service}}.{{project}}.example.com"`',
    meaning:
      'Containers that ask for nothing are served under this name. Words: `service` and `project` of' +
      ' compose, `name` of the container. Off unless set; `roadstead.enable=false` keeps one out.',
  },
  { key: 'unlabelled.hosts', form: HOSTS, meaning: 'Only containers of these hosts.' },
  {
    key: 'unlabelled.projects',
    form: 'list of compose projects',
    meaning: 'Only containers of these projects.',
  },
]

/** Keys that may stand at a place of the document. */
export function keysAt(path: PolicyPath): readonly string[] {
  const parent = patternOf(path)
  const below = parent === '' ? '' : `${parent}.`
  const names = policyKeys.flatMap(({ key }) =>
    key.startsWith(below) ? [key.slice(below.length).split(/[.[]/)[0] ?? ''] : [],
  )
  return [...new Set(names)].filter((name) => name !== '' && !name.startsWith('<'))
}

function patternOf(path: PolicyPath): string {
  return path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[]`
    if (before.endsWith('.hosts')) return `${before}.<host>`
    if (before.endsWith('.entry-points')) return `${before}.<name>`
    return before === '' ? part : `${before}.${part}`
  }, '')
}

function limitKeys(before: string, after: string): readonly PolicyKey[] {
  return Object.entries(LIMITS).map(([name, [form, meaning]]) => {
    return { key: `${before}.${name}`, form, meaning: `${meaning}${after}` }
  })
}
