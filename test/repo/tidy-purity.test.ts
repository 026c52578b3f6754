import { isTest } from './imports.ts'
import { breachesIn, law, place, type Ban } from './law.ts'
import { sourcesMatching, type SourceFile } from './tree.ts'

const TEST = /\.test\.ts$/
const CORE = /^packages\/[^/]+\/src\/core\//
const CLOCK = /^packages\/shared\/src\/kernel\/clock\.ts$/
const RANDOM = /^packages\/shared\/src\/kernel\/random\.ts$/
/** The browser has its own clock and timers, and no rule about a service is at stake there. */
const DASHBOARD = /^packages\/dashboard\//

const TIME: readonly Ban[] = [
  { pattern: /(?<![.\w])(setTimeout|setInterval|setImmediate)\b/, use: 'use Clock.after or sleep' },
  { pattern: /\bDate\.now\b/, use: 'use Clock.wallMs, or monoMs for spans' },
  { pattern: /\bnew Date\(\s*\)/, use: 'use Clock.wallMs' },
  { pattern: /\bperformance\.now\b/, use: 'use Clock.monoMs' },
]

/** The global of Node, by its members: a process may also be something that we describe. */
const NODE_PROCESS =
  /(?<![.\w])process\.(env|argv|p?pid|cwd|exit\w*|on|once|std\w+|hrtime|uptime|nextTick|platform|kill)\b/

const IMPURE: readonly Ban[] = [
  { pattern: /\b(async|await)\b/, use: 'core/ is synchronous: return data, let a loop perform it' },
  { pattern: NODE_PROCESS, use: 'pass it in' },
  { pattern: /(?<![.\w])console\.\w+/, use: 'return data, let a loop log it' },
  { pattern: /\blog(ger)?\.(error|warn|info|debug)\b/, use: 'return data, let a loop log it' },
  { pattern: /(?<![.\w])(fetch|crypto|globalThis|queueMicrotask)\b/, use: 'pass it in' },
  { pattern: /\b(systemClock|systemRandom)\b/, use: 'take a number or a Random as an argument' },
]

const core = sourcesMatching(CORE).filter(({ path }) => !isTest(path))
const packages = sourcesMatching(/^packages\//, DASHBOARD).filter(({ path }) => !isTest(path))

law('core is pure: no waiting, clock, chance, log or process', () => breachesIn(core, IMPURE))

law('only clock.ts reads the time and sets timers', () => [
  ...breachesIn(
    packages.filter(({ path }) => !CLOCK.test(path)),
    TIME,
  ),
  ...packages.flatMap((source) => textBreach(source, /from '(node:)?timers(\/promises)?'/)),
])

law('only random.ts rolls dice', () =>
  breachesIn(
    packages.filter(({ path }) => !RANDOM.test(path)),
    [{ pattern: /\bMath\.random\b/, use: 'take a Random as an argument' }],
  ),
)

// main.ts hands the whole of it to config.ts, unread.
law('only config.ts reads the environment', () => [
  ...breachesIn(
    packages.filter(({ path }) => !/^packages\/[^/]+\/src\/(config|main)\.ts$/.test(path)),
    [{ pattern: /\bprocess\.env\b/, use: 'declare it in config.ts' }],
  ),
  ...breachesIn(
    packages.filter(({ path }) => path.endsWith('/main.ts')),
    [{ pattern: /\bprocess\.env\s*[.[]/, use: 'declare it in config.ts' }],
  ),
])

law('clock and chance have no default value', () =>
  breachesIn(packages, [
    { pattern: /=\s*system(Clock|Random)\b\s*[,)]/, use: 'no default, or tests cannot reach it' },
  ]),
)

law('the message of a log line is a constant', () =>
  // io/log.ts hands on what others say.
  sourcesMatching(/^packages\//, TEST, /\/io\/log\.ts$/).flatMap((source) =>
    [...source.code.matchAll(/\blog(?:ger)?\.(?:error|warn|info|debug)\(/g)].flatMap((found) => {
      const message = lastArgument(source, found.index + found[0].length)
      if (message === undefined || /^'[^']*'$|^"[^"]*"$/.test(message)) return []
      const where = place(source, found.index)
      return [`${where}: a message that varies is banned, use a constant text and fields`]
    }),
  ),
)

function textBreach(source: SourceFile, pattern: RegExp): string[] {
  const at = source.text.search(pattern)
  return at === -1 ? [] : [`${place(source, at)}: node:timers is banned, use Clock`]
}

/** The last argument of the call whose arguments begin there, as written. */
function lastArgument({ code, text }: SourceFile, from: number): string | undefined {
  let depth = 0
  let start = from
  let last: string | undefined
  for (let at = from; at < code.length; at++) {
    const char = code[at] ?? ''
    const ends = char === ')' && depth === 0
    if (ends || (char === ',' && depth === 0)) {
      const argument = text.slice(start, at).trim()
      if (argument !== '') last = argument
      start = at + 1
    }
    if (ends) return last
    if ('([{'.includes(char)) depth++
    if (')]}'.includes(char)) depth--
  }
  return last
}
