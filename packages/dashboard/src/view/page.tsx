import { useSignal } from '@preact/signals'
import type { LiveState } from '@roadstead/shared/protocol/live.ts'
import { bannerOf, type Connection } from '../core/connection.ts'
import { sizes, summarise } from '../core/summary.ts'
import { Advice } from './advice.tsx'
import { Edges } from './edges.tsx'
import { Events, type ReadPast } from './events.tsx'
import { Hosts } from './hosts.tsx'
import { Leader } from './leader.tsx'
import { Routes } from './routes.tsx'
import { Runs } from './runs.tsx'
import { Services } from './services.tsx'
import { Images, type StockAsker, Volumes } from './stock.tsx'

interface PageProps {
  readonly data: LiveState
  readonly connection: Connection
  readonly elsewhere: string | undefined
  readonly ask: StockAsker
  readonly readPast: ReadPast
}

/** Everything at a glance: first whether something is wrong, then what is routed, then the rest. */
export function Page({ data, connection, elsewhere, ask, readPast }: PageProps) {
  const filter = useSignal('')
  const old = connection.kind === 'disconnected'
  return (
    <main class={old ? 'old' : ''}>
      <Banner connection={connection} elsewhere={elsewhere} />
      <div class="overview">
        <Verdict data={data} />
        <Filter value={filter.value} change={(text) => (filter.value = text)} />
      </div>
      <Warnings warnings={data.status.warnings} />
      <Leader status={data.status} />
      <div class="columns">
        <div>
          <Routes
            routes={data.routes}
            filter={filter.value}
            containers={data.status.counts.containers}
          />
          <Services services={data.services} filter={filter.value} />
          <Images filter={filter.value} ask={ask.images} />
          <Volumes filter={filter.value} ask={ask.volumes} />
        </div>
        <div>
          <Hosts hosts={data.hosts} filter={filter.value} />
          <Edges edges={data.edges} filter={filter.value} />
          <Runs runs={data.runs} filter={filter.value} />
          <Events events={data.events} filter={filter.value} readPast={readPast} />
        </div>
      </div>
    </main>
  )
}

interface BannerProps {
  readonly connection: Connection
  readonly elsewhere: string | undefined
}

export function Banner({ connection, elsewhere }: BannerProps) {
  const text = bannerOf(connection)
  if (text === undefined) return null
  return (
    <p class="banner" role="alert">
      <span>{text}</span>
      {elsewhere !== undefined && <a href={elsewhere}>Open the leader</a>}
    </p>
  )
}

function Verdict({ data }: { readonly data: LiveState }) {
  const { tone, sentence } = summarise(data)
  return (
    <div class={`verdict ${tone}`}>
      <p class="sentence">{sentence}</p>
      <p class="counts">{sizes(data.status.counts)}</p>
    </div>
  )
}

interface FilterProps {
  readonly value: string
  readonly change: (text: string) => void
}

function Filter({ value, change }: FilterProps) {
  return (
    <label class="filter">
      <span class="quiet">Show only rows that contain</span>
      <input
        type="search"
        placeholder="Filter"
        value={value}
        maxLength={100}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  )
}

function Warnings({ warnings }: { readonly warnings: LiveState['status']['warnings'] }) {
  if (warnings.length === 0) return null
  return (
    <ul class="warnings">
      {warnings.map(({ what, remedy }) => (
        <li key={what}>
          <strong>{what}</strong> <Advice text={remedy} />
        </li>
      ))}
    </ul>
  )
}
