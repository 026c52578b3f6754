import { type Import, importsOf, isTest } from './imports.ts'
import { law } from './law.ts'
import { sourcesMatching } from './tree.ts'

/** Who may import what, in one table. The first row whose place fits a file is its law. */
interface Row {
  readonly place: RegExp
  readonly may: RegExp
  /** What it may know the shape of, without running any of it. */
  readonly mayType?: RegExp
  readonly instead: string
}

const ROWS: readonly Row[] = [
  {
    place: /^packages\/shared\/src\//,
    may: /^(zod|packages\/shared\/src\/.*)$/,
    instead: 'the vocabulary imports zod and nothing else; take it as an argument',
  },
  {
    place: /^packages\/bus\/src\//,
    may: /^(zod|@nats-io\/.*|node:.*|packages\/(shared|bus)\/src\/.*)$/,
    instead: 'the bus knows the vocabulary and the NATS client only',
  },
  {
    place: /^packages\/[^/]+\/src\/core\//,
    may: /^(zod|packages\/shared\/src\/.*|packages\/[^/]+\/src\/core\/.*)$/,
    instead: 'core/ decides from its arguments; let a loop fetch it and pass it in',
  },
  {
    place: /^packages\/[^/]+\/src\/loops\//,
    may: /^packages\/(shared\/src|bus\/src|[^/]+\/src\/(core|loops|state\.ts))/,
    mayType: /^zod$/,
    instead: 'declare an interface as narrow as the use in the loop itself; main.ts passes it in',
  },
  {
    // The CLI has no loops that would stand between a command and the bus.
    place: /^packages\/cli\/src\/io\//,
    may: /^(?!packages\/).*|^packages\/(shared\/src|bus\/src|cli\/src\/(core|io))\/.*$/,
    mayType: /^packages\/cli\/src\//,
    instead: 'io/ touches one outside thing; the command passes in what it needs',
  },
  {
    place: /^packages\/[^/]+\/src\/io\//,
    may: /^(?!packages\/)|^packages\/(shared\/src|bus\/src\/(?!nats\/)|[^/]+\/src\/(core|io|state\.ts))/,
    mayType: /^packages\/[^/]+\/src\//,
    instead: 'io/ touches one outside thing and is used by others, not the other way round',
  },
  {
    place: /^packages\/master\/src\/api\//,
    may: /^(?!packages\/)|^packages\/(shared\/src|master\/src\/(core|api|state\.ts))/,
    mayType: /^packages\/(bus|master)\/src\//,
    instead: 'the API is a factory that opens nothing; main.ts passes in what it needs',
  },
]

const SERVICES = ['agent', 'master', 'edge', 'cli', 'dashboard', 'simulator']

const imports = sourcesMatching(/^(packages|test|bench|scripts)\//).flatMap(importsOf)
const ours = imports.filter((it) => !isTest(it.from.path))

law('every shelf imports only what its row of the table allows', () =>
  ours.flatMap((it) => {
    const row = ROWS.find(({ place }) => place.test(it.from.path))
    if (row === undefined || allows(row, it)) return []
    return [`${it.place}: importing ${it.specifier} is banned: ${row.instead}`]
  }),
)

law('the packages of services never import one another', () =>
  imports.flatMap((it) => {
    const from = serviceOf(it.from.path)
    const to = serviceOf(it.target)
    if (from === undefined || to === undefined || from === to) return []
    return [
      `${it.place}: ${from} importing ${to} is banned, share words (shared) or messages (bus)`,
    ]
  }),
)

law('only the bus knows the NATS client', () =>
  ours
    .filter((it) => it.target.startsWith('@nats-io/'))
    .filter((it) => !it.from.path.startsWith('packages/bus/src/'))
    .map((it) => `${it.place}: ${it.specifier} is banned, use the ports in packages/bus`),
)

law('a package is reached by its name from outside and by relative paths from inside', () =>
  imports.flatMap((it) => {
    const from = packageOf(it.from.path)
    const to = packageOf(it.target)
    const relative = it.specifier.startsWith('.')
    if (to === undefined || it.from.path.startsWith('scripts/')) return []
    if (relative === (from === to)) return []
    const use = relative ? '@roadstead/<package>/…' : 'a relative path'
    return [`${it.place}: ${it.specifier} is banned, use ${use}`]
  }),
)

law('a scenario sees the system from outside: it imports the rig and the vocabulary', () =>
  imports
    .filter((it) => it.from.path.startsWith('test/scenarios/'))
    .filter((it) => serviceOf(it.target) !== undefined)
    .map((it) => `${it.place}: ${it.specifier} is banned, ask the rig for a running process`),
)

law('the dashboard knows the public API only', () =>
  ours
    .filter((it) => it.from.path.startsWith('packages/dashboard/src/'))
    .filter((it) => /^(node:|packages\/(?!dashboard\/|shared\/src\/protocol\/))/.test(it.target))
    .filter((it) => !it.target.startsWith('packages/shared/src/kernel/'))
    .map((it) => `${it.place}: ${it.specifier} is banned, use what the API says`),
)

law('only main.ts wires a process: nobody imports it', () =>
  imports
    .filter((it) => /^packages\/[^/]+\/src\/main\.ts$/.test(it.target))
    .map((it) => `${it.place}: importing main.ts is banned, move the shared part to its own file`),
)

function allows({ may, mayType }: Row, it: Import): boolean {
  return may.test(it.target) || (it.typeOnly && mayType?.test(it.target) === true)
}

function serviceOf(path: string): string | undefined {
  const name = packageOf(path)
  return name !== undefined && SERVICES.includes(name) ? name : undefined
}

function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1]
}
