import type { ServiceId, TableService, TableStream } from '@roadstead/shared/protocol/table.ts'
import { streamKey } from '@roadstead/shared/protocol/route-key.ts'
import { data, directive, fixed, type SafeText, type Statement } from '../nginx/directive.ts'
import { networkText, parseNetwork } from '../nginx/network.ts'
import { print } from '../nginx/print.ts'
import type { OwnView } from '../own-view.ts'
import { type Peer, peersOf } from '../peers.ts'
import { type EdgeTable, serviceOf } from '../table.ts'

/** The streams of a table as the text of one file of nginx, the same in both tiers. */
export interface StreamRendering {
  readonly tree: readonly Statement[]
  readonly body: string
  /** Peers by service; what `plan` looks at. */
  readonly peers: ReadonlyMap<ServiceId, readonly string[]>
  /** The streams in the text, by key. */
  readonly streams: ReadonlyMap<string, TableStream>
}

export const noStreams: StreamRendering = {
  tree: [],
  body: '',
  peers: new Map(),
  streams: new Map(),
}

/**
 * A stream that nobody can serve does not listen: who comes is told so at once by the machine itself,
 * where an open port that closes would look like a service that fails.
 *
 * @param listen of the edge for HTTP, in nginx's form: streams listen on the same address.
 */
export function renderStreams(
  table: EdgeTable,
  view: OwnView,
  { listen }: { readonly listen: string },
): StreamRendering {
  const served = table.streams
    .filter((stream) => !view.excluded.has(streamKey(stream)))
    .map((stream) => ({ stream, service: serviceOf(table, stream.service) }))
    .flatMap(({ stream, service }) => (service === undefined ? [] : [{ stream, service }]))
    .map((it) => ({ ...it, peers: peersOf(it.service, view) }))
    .filter(({ peers }) => peers.length > 0)
  if (served.length === 0) return noStreams
  const address = listen.slice(0, listen.lastIndexOf(':'))
  const groups = new Map(served.map(({ service, peers }) => [service.id, { service, peers }]))
  const tree = [
    directive(
      'stream',
      [],
      [
        ...profile,
        ...[...groups.values()].map(({ service, peers }) => group(service, peers)),
        ...served.map(({ stream, service }) => server(stream, service, address)),
      ],
    ),
  ]
  return {
    tree,
    body: print(tree),
    peers: new Map([...groups].map(([id, { peers }]) => [id, peers.map(({ peer }) => peer)])),
    streams: new Map(served.map(({ stream }) => [streamKey(stream), stream])),
  }
}

/** Who does not take a connection is passed over while nothing has been sent. */
const profile: readonly Statement[] = [
  directive('proxy_connect_timeout', [fixed('1s')]),
  directive('proxy_next_upstream', [fixed('on')]),
  directive('proxy_next_upstream_tries', [fixed('3')]),
  directive('proxy_next_upstream_timeout', [fixed('5s')]),
  // Half of a connection that is gone is noticed long before its timeout.
  directive('proxy_socket_keepalive', [fixed('on')]),
]

/** Connections to databases rest for long, and datagrams have no other end than silence. */
const SILENT_MS = { tcp: 3_600_000, udp: 30_000 } as const

function server(stream: TableStream, service: TableService, address: string): Statement {
  const { protocol, listen, timeoutMs = SILENT_MS[protocol], proxyProtocol, responses } = stream
  const { connectTimeoutMs } = service
  return directive(
    'server',
    [],
    [
      directive('listen', [
        data(`${address}:${listen}`),
        ...(protocol === 'udp' ? [fixed('udp')] : []),
        // A socket for each worker: all datagrams of a visitor come to the same one.
        fixed('reuseport'),
      ]),
      ...admission(stream),
      ...(connectTimeoutMs === undefined
        ? []
        : [directive('proxy_connect_timeout', [data(`${connectTimeoutMs}ms`)])]),
      directive('proxy_timeout', [data(`${timeoutMs}ms`)]),
      ...(responses === undefined ? [] : [directive('proxy_responses', [data(`${responses}`)])]),
      ...(proxyProtocol === undefined ? [] : [directive('proxy_protocol', [fixed('on')])]),
      directive('proxy_pass', [data(service.id)]),
    ],
  )
}

function admission({ allow }: TableStream): readonly Statement[] {
  if (allow === undefined) return []
  const networks = allow.flatMap((text) => parseNetwork(text) ?? []).map(networkText)
  return [
    ...networks.map((network) => directive('allow', [data(network)])),
    directive('deny', [fixed('all')]),
  ]
}

/** Shared memory for the state of the peers; nginx takes 32k at least. */
const ZONE_BASE_KB = 32
const ZONE_PEER_KB = 2

function group(service: TableService, peers: readonly Peer[]): Statement {
  const name = data(service.id)
  const isSticky = service.balance === 'sticky'
  // nginx knows no backups where the visitor's address decides.
  const members = isSticky ? peers.filter(({ isBackup }) => !isBackup) : peers
  return directive(
    'upstream',
    [name],
    [
      directive('zone', [zoneName(service), data(`${zoneKb(members)}k`)]),
      ...balance(service),
      ...members.map(member),
    ],
  )
}

/** Zones of streams and of HTTP share one space of names. */
function zoneName({ id }: TableService): SafeText {
  return data(`s_${id}`)
}

function zoneKb(members: readonly Peer[]): number {
  return ZONE_BASE_KB + ZONE_PEER_KB * members.length
}

function balance({ balance: how }: TableService): readonly Statement[] {
  if (how === 'least-conn') return [directive('least_conn', [])]
  // Whoever comes or goes moves only its own share of the visitors.
  if (how === 'sticky') return [directive('hash', [fixed('$remote_addr'), fixed('consistent')])]
  return []
}

/** Our own checks do what `max_fails` would. */
function member({ peer, weight, isBackup, connectionsMax }: Peer): Statement {
  return directive('server', [
    data(peer),
    ...(weight === 1 ? [] : [data(`weight=${weight}`)]),
    ...(connectionsMax === undefined ? [] : [data(`max_conns=${connectionsMax}`)]),
    fixed('max_fails=0'),
    ...(isBackup ? [fixed('backup')] : []),
  ])
}
