import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import fc from 'fast-check'
import { exampleContainer } from '../../../examples.ts'
import type { Intent } from '../../intent.ts'
import { defaultPolicy } from '../../policy.ts'
import { readAsks } from '../read-asks.ts'

/**
 * Random rules on random requests: whether a rule is met is asked twice, of a small judge that walks
 * over the rule as it was made, and of the routes that it was turned into, by what a table says of
 * domain, path and condition. The two share no code.
 */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 3_000)

interface Request {
  readonly host: string
  readonly path: string
  readonly method: string
  readonly team: string
  readonly client: readonly number[]
}

/** A rule with its text and its meaning. */
interface Made {
  readonly text: string
  readonly isMet: (request: Request) => boolean
}

const HOSTS = ['a.example', 'b.example', 'c.example']
const PATHS = ['/', '/api', '/api/', '/api/v1', '/app', '/apix']
const METHODS = ['GET', 'POST']
const TEAMS = ['blue', 'red']
const NETWORKS = ['10.0.0.0/8', '10.1.0.0/16', '192.0.2.7']

const quoted = (text: string, isRaw: boolean) => (isRaw ? `\`${text}\`` : JSON.stringify(text))
const blanks = fc.constantFrom('', ' ', '\t', '\n  ')

function call(name: string, values: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.boolean(), blanks, fc.constantFrom(name, name.toLowerCase()))
    .map(
      ([isRaw, blank, written]) =>
        `${written}${blank}(${values.map((value) => quoted(value, isRaw)).join(`,${blank}`)})`,
    )
}

function matcher(
  name: string,
  choices: readonly string[],
  holds: (request: Request, value: string) => boolean,
): fc.Arbitrary<Made> {
  return fc
    .uniqueArray(fc.constantFrom(...choices), { minLength: 1, maxLength: 2 })
    .chain((values) =>
      call(name, values).map((text) => ({
        text,
        isMet: (request) => values.some((value) => holds(request, value)),
      })),
    )
}

const leaf: fc.Arbitrary<Made> = fc.oneof(
  { weight: 4, arbitrary: matcher('Host', HOSTS, ({ host }, value) => host === value) },
  { weight: 2, arbitrary: matcher('Path', PATHS, ({ path }, value) => path === value) },
  { weight: 2, arbitrary: matcher('PathPrefix', PATHS, ({ path }, value) => begins(path, value)) },
  { weight: 1, arbitrary: matcher('Method', METHODS, ({ method }, value) => method === value) },
  { weight: 1, arbitrary: matcher('ClientIP', NETWORKS, ({ client }, it) => lies(client, it)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...TEAMS).chain((value) =>
      call('Header', ['X-Team', value]).map((text) => ({
        text,
        isMet: ({ team }: Request) => team === value,
      })),
    ),
  },
)

const rule: fc.Arbitrary<Made> = fc.letrec<{ rule: Made }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 3, arbitrary: leaf },
    { weight: 3, arbitrary: both(tie('rule'), '&&', (a, b) => a && b) },
    { weight: 2, arbitrary: both(tie('rule'), '||', (a, b) => a || b) },
    {
      weight: 1,
      arbitrary: tie('rule').map(({ text, isMet }) => ({
        text: `!(${text})`,
        isMet: (request: Request) => !isMet(request),
      })),
    },
  ),
})).rule

function both(
  part: fc.Arbitrary<Made>,
  sign: string,
  join: (a: boolean, b: boolean) => boolean,
): fc.Arbitrary<Made> {
  return fc.tuple(part, part, blanks).map(([a, b, blank]) => ({
    text: `(${a.text})${blank}${sign}${blank}(${b.text})`,
    isMet: (request) => join(a.isMet(request), b.isMet(request)),
  }))
}

/** Rules without any name are refused, so most get one to begin with. */
const named: fc.Arbitrary<Made> = fc
  .tuple(
    matcher('Host', HOSTS, ({ host }, value) => host === value),
    rule,
  )
  .map(([a, b]) => ({
    text: `${a.text} && (${b.text})`,
    isMet: (request) => a.isMet(request) && b.isMet(request),
  }))

const request: fc.Arbitrary<Request> = fc.record({
  host: fc.constantFrom(...HOSTS),
  path: fc.constantFrom(...PATHS, '/api/v1/x', '/api/v2', '/apiv', '/other', '/app/'),
  method: fc.constantFrom(...METHODS, 'PUT'),
  team: fc.constantFrom(...TEAMS, ''),
  client: fc.constantFrom([10, 0, 0, 1], [10, 1, 9, 9], [192, 0, 2, 7], [192, 0, 2, 8]),
})

/** Whole segments, as people count them: what is asked for begins with the same names. */
function begins(path: string, prefix: string): boolean {
  const names = prefix.split('/').slice(1)
  const asked = path.split('/').slice(1)
  const isFolder = names.at(-1) === ''
  const whole = isFolder ? names.slice(0, -1) : names
  const isSame = whole.every((name, index) => name === asked[index])
  return isSame && (!isFolder || asked.length > whole.length)
}

function lies(client: readonly number[], network: string): boolean {
  const [address = '', bits = '32'] = network.split('/')
  const bytes = Number(bits) / 8
  return address
    .split('.')
    .slice(0, bytes)
    .every((byte, index) => Number(byte) === client[index])
}

test('routes mean what their rule means', () => {
  let [served, met] = [0, 0]
  fc.assert(
    fc.property(
      fc.oneof(named, rule),
      fc.array(request, { minLength: 8, maxLength: 8 }),
      (made, all) => {
        const labels = { 'traefik.http.routers.r.rule': made.text }
        const container = exampleContainer(1, { labels })
        const host = HostId.parse('alpha')
        const reading = readAsks({ container, host, policy: defaultPolicy, digest: sha256 })
        assert.ok(reading)
        if (reading.refusals.length > 0) {
          assert.deepEqual(reading.intents, [], 'a rule is served whole or not at all')
          for (const { reason } of reading.refusals) assert.match(reason, REFUSED)
          return
        }
        served += 1
        assert.ok(reading.intents.length <= 16)
        for (const each of all) {
          const isMet = reading.intents.some((intent) => leads(intent, each))
          assert.equal(isMet, made.isMet(each), `${made.text} on ${JSON.stringify(each)}`)
          met += Number(isMet)
        }
      },
    ),
    { numRuns: RUNS },
  )
  assert.ok(served > RUNS / 4 && met > RUNS / 4, `${served} served, ${met} met: it tests nothing`)
})

const REFUSED = /^(?:host-missing|rule-refused|over-budget)$/

function leads({ domain, match, path, when = [] }: Intent, asked: Request): boolean {
  if (domain !== asked.host) return false
  if (match === 'exact' ? path !== asked.path : !begins(asked.path, path)) return false
  return when.every((one) => {
    const holds =
      one.kind === 'method'
        ? one.methods.some((method) => method === asked.method)
        : one.kind === 'header'
          ? one.name === 'x-team' && one.value === asked.team
          : one.networks.some((network) => lies(asked.client, network))
    return holds !== one.not
  })
}
