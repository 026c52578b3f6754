import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { CANDIDATE, FILES } from '@roadstead/edge/core/nginx/main-file.ts'
import { plainView } from '@roadstead/edge/core/own-view.ts'
import { renderStreams } from '@roadstead/edge/core/streams/render-streams.ts'
import type { EdgeTable } from '@roadstead/edge/core/table.ts'
import { listenName } from '@roadstead/shared/protocol/listen.ts'
import { findNginx } from '@roadstead/edge/io/nginx-binary.ts'
import { Bench, type BenchTier, eventually, webServer } from '@roadstead/edge/testing/bench.ts'
import { entryPoints, type Member, type Says, tableOf } from './fleet.ts'
import { complaints } from './oracle.ts'
import { MARK } from './payloads.ts'

const VICTIM = 'victim.example'
const DUMP_BYTES_MAX = 256 * 1_024 * 1_024

/** A real nginx with a victim and a place that attackers lead to. */
export class Range implements AsyncDisposable {
  readonly #bench: Bench
  readonly #ports: { readonly victim: number; readonly attacker: number }
  readonly #stack: AsyncDisposableStack
  readonly #tier: BenchTier
  #streamsRead = 0

  private constructor(
    bench: Bench,
    tier: BenchTier,
    ports: { readonly victim: number; readonly attacker: number },
    stack: AsyncDisposableStack,
  ) {
    this.#bench = bench
    this.#tier = tier
    this.#ports = ports
    this.#stack = stack
  }

  static async open(tier: BenchTier): Promise<Range> {
    await using stack = new AsyncDisposableStack()
    const victim = stack.use(await serverOf('victim')).port
    const attacker = stack.use(await serverOf('attacker')).port
    const bench = stack.use(await Bench.start({ tier }))
    return new Range(bench, tier, { victim, attacker }, stack.move())
  }

  /** How many streams have been through nginx's own test. */
  get streamsRead(): number {
    return this.#streamsRead
  }

  /** Puts all of them in force at once, and says in how many ways that harmed somebody. */
  async harmDoneBy(attackers: readonly Says[], visitsMax: number): Promise<readonly string[]> {
    const { attacker, victim } = this.#ports
    const first: Member = { labels: { 'roadstead.host': VICTIM }, variables: {}, port: victim }
    const members = [first, ...attackers.map((says) => ({ ...says, port: attacker }))]
    const table = tableOf(members)
    // A stream would listen on whatever port it says, on a machine of others: it is tested and read alone.
    await this.#bench.apply({ ...table, streams: [] })
    const { outcome, quarantine } = this.#bench.state
    if (outcome.kind !== 'applied' && outcome.kind !== 'unchanged')
      return [`the table is ${outcome.kind}`]
    if (quarantine.size > 0) return [`nginx did not take ${[...quarantine.keys()].join(', ')}`]
    const domains = new Set<string>(table.routes.map(({ domain }) => domain))
    return [
      ...foreignNames(domains, members),
      ...foreignPorts(table, members),
      ...(await this.#textComplaints(domains, table)),
      ...(await this.#entryComplaints(domains)),
      ...(await this.#visits(table, textsOf(members), visitsMax)),
      ...globSync(`/tmp/${MARK}*`).map((file) => `there is a file ${file}`),
    ]
  }

  /** nginx's own dump of what is in force, read by the oracle. */
  async #textComplaints(
    domains: ReadonlySet<string>,
    table: EdgeTable,
  ): Promise<readonly string[]> {
    const { opened } = this.#bench
    const { folder } = opened.files
    const inForce = readFileSync(path.join(folder, FILES.routes), 'utf8')
    const { body, streams } = renderStreams(table, plainView, { listen: '127.0.0.1:80' })
    await opened.files.stage(inForce, new Map(), body)
    this.#streamsRead += streams.size
    const { path: nginx } = await findNginx(undefined, '')
    const args = ['-T', '-q', '-p', `${folder}/`, '-c', CANDIDATE.main]
    const dump = execFileSync(nginx, args, {
      encoding: 'utf8',
      maxBuffer: DUMP_BYTES_MAX,
      stdio: 'pipe',
    })
    const parts = dump.split(/^# configuration file (.*):$/m)
    const textOf = (file: string): string => {
      const at = parts.findIndex((part) => part.endsWith(`/${file}`))
      assert.ok(at > 0, `the dump has no ${file}`)
      return parts[at + 1] ?? ''
    }
    const endpoints = this.#endpoints
    const streamText = textOf(CANDIDATE.streams)
    const read = streamText.match(/^ *listen /gm)?.length ?? 0
    return [
      ...complaints(textOf(CANDIDATE.routes), { domains, endpoints }),
      ...complaints(streamText, { domains: new Set(), endpoints }),
      ...(read === streams.size ? [] : [`${read} of ${streams.size} streams are read`]),
    ]
  }

  /** The same of what lies in the memory of nginx, by the file that a restart would begin with. */
  async #entryComplaints(domains: ReadonlySet<string>): Promise<readonly string[]> {
    if (this.#tier === 'reload') return []
    await eventually(() => this.#bench.isKept())
    const lines = readFileSync(
      path.join(this.#bench.opened.files.folder, FILES.live),
      'utf8',
    ).split('\n')
    return lines.slice(0, -2).flatMap((line) => {
      const [, kind, name = '', rest = ''] = /^([ds]):(\S+)(?: ([\x21-\x7e ]*))?$/.exec(line) ?? []
      if (kind === 'd') {
        const isSo = domains.has(name) && ROUTES_OF_DOMAIN.test(rest)
        return isSo ? [] : [`an entry is ${line}`]
      }
      const words = rest.split(' ').filter((word) => word !== '')
      const isKnown = (word: string) =>
        /^[a-z]=[\w-]+$/.test(word) || this.#endpoints.has(word.split(',')[0] ?? '')
      const isSo = kind === 's' && /^u_[0-9a-f]{16}$/.test(name) && words.every(isKnown)
      return isSo ? [] : [`an entry is ${line}`]
    })
  }

  async #visits(
    { routes }: EdgeTable,
    asked: string,
    visitsMax: number,
  ): Promise<readonly string[]> {
    const bench = this.#bench
    const found: string[] = []
    const [own, nobody] = [await bench.get(VICTIM), await bench.get('nobody.example')]
    if (own.headers['x-by'] !== 'victim') found.push('the victim lost its name')
    if (nobody.status !== 404) found.push(`a name of nobody is answered by ${nobody.status}`)
    const others = routes.filter(({ domain }) => domain !== VICTIM)
    const every = Math.max(1, Math.ceil(others.length / visitsMax))
    for (const { domain, path: place } of others.filter((_, at) => at % every === 0)) {
      const name = domain.startsWith('*.') ? domain.replace('*', 'x') : domain
      for (const where of [place, '/elsewhere']) {
        const { body, headers, status } = await bench.get(`${name}${where}`, SECRETS)
        if (body.includes(MARK)) found.push(`${domain}${where} says ${body.slice(0, 200)}`)
        // A header may be set to any plain text, and then is just that.
        const foreign = Object.values(headers).filter(
          (text) => String(text).includes(MARK) && !asked.includes(String(text)),
        )
        found.push(...foreign.map((text) => `${domain}${where} has a header ${String(text)}`))
        if (headers['x-by'] === 'victim') found.push(`${domain} leads to the victim`)
        if (status >= 500 && !AWAY.has(status))
          found.push(`${domain}${where} is answered by ${status}`)
      }
    }
    return found
  }

  get #endpoints(): ReadonlySet<string> {
    const { attacker, victim } = this.#ports
    return new Set([`127.0.0.1:${attacker}`, `127.0.0.1:${victim}`])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]()
  }
}

const WAY = /[\w.~/-]*/
/** Behind the match: how long HSTS holds, what TLS is asked for, and where visitors are sent. */
const SENT = `h=\\d{1,10}s?p?|t=[or]|c=30[1278]|s=https?|d=[a-z0-9.-]+|p=\\d{1,5}|l=/${WAY.source}`
const ROUTES_OF_DOMAIN = new RegExp(`^(?:[=^](?:,(?:${SENT}))* /${WAY.source} u_[0-9a-f]{16} ?)+$`)

/** Who asks for another scheme, or for an answer within 100 ms, may get none. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504])

/** What a visitor sends and no attacker may see. */
const SECRETS = { authorization: 'Bearer secret' }

function serverOf(name: string) {
  return webServer(name, (_request, response) => {
    response.setHeader('x-by', name)
    response.end(name)
  })
}

/** Names that no container has written, or that a browser would read as something else. */
function foreignNames(domains: ReadonlySet<string>, members: readonly Says[]): readonly string[] {
  const texts = textsOf(members).toLowerCase()
  return [...domains].flatMap((domain) => {
    const name = domain.startsWith('*.') ? domain.slice(2) : domain
    const isName = URL.canParse(`http://${name}/`) && new URL(`http://${name}/`).host === name
    const isAsked = texts.includes(domain)
    return isName && isAsked ? [] : [`a name is ${JSON.stringify(domain)}`]
  })
}

/** Ports below 1024, which the policy gives to nobody, or that no container has written. */
function foreignPorts({ streams }: EdgeTable, members: readonly Says[]): readonly string[] {
  const texts = textsOf(members)
  const named = Object.entries(entryPoints).filter(([name]) => texts.includes(name))
  const ports = new Set(named.map(([, listen]) => listen))
  return streams.flatMap((stream) => {
    const listen = listenName({ protocol: stream.protocol, port: stream.listen })
    const isAsked = texts.includes(String(stream.listen)) || ports.has(listen)
    return stream.listen >= 1_024 && isAsked ? [] : [`a stream listens on ${listen}`]
  })
}

function textsOf(members: readonly Says[]): string {
  return members
    .map(({ labels, variables }) => Object.values({ ...labels, ...variables }).join('\n'))
    .join('\n')
}
