import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type {
  ImageList,
  ImageView,
  VolumeList,
  VolumeView,
} from '@roadstead/shared/protocol/http-stock.ts'
import { timeOfDay } from '../core/connection.ts'
import { select, type Selection } from '../core/select.ts'
import {
  type Asked,
  freed,
  markOfImage,
  markOfVolume,
  missing,
  shortId,
  sizeOf,
  textOfStock,
} from '../core/stock.ts'
import { MarkView } from './mark.tsx'
import { Section } from './section.tsx'

/** How the page asks for the lists that are not in the feed. */
export interface StockAsker {
  readonly images: Asking<ImageList>
  readonly volumes: Asking<VolumeList>
}

/** With when it was; undefined when the master does not answer. */
type Asking<List> = () => Promise<{ readonly list: List; readonly atMs: number } | undefined>

interface StockProps<List> {
  readonly filter: string
  readonly ask: Asking<List>
}

export function Images({ filter, ask }: StockProps<ImageList>) {
  const asked = useSignal<Asked<ImageList>>({ kind: 'closed' })
  const list = listOf(asked)
  const selection = selectionOf(list, filter, textOfStock.images)
  return (
    <Section
      id="images"
      title="Images"
      selection={selection}
      command="roadstead images"
      empty={<Empty asked={asked} ask={ask} words="No host has an image." />}
    >
      <Told asked={asked} ask={ask}>
        {list !== undefined && [freed(list), missing(list.hosts)].filter(Boolean).join(' ')}
      </Told>
      <ul class="rows">
        {selection?.rows.map((image) => (
          <ImageRow key={image.id} image={image} />
        ))}
      </ul>
    </Section>
  )
}

export function Volumes({ filter, ask }: StockProps<VolumeList>) {
  const asked = useSignal<Asked<VolumeList>>({ kind: 'closed' })
  const list = listOf(asked)
  const selection = selectionOf(list, filter, textOfStock.volumes)
  return (
    <Section
      id="volumes"
      title="Volumes"
      selection={selection}
      command="roadstead volumes"
      empty={<Empty asked={asked} ask={ask} words="No host has a volume." />}
    >
      <Told asked={asked} ask={ask}>
        {list !== undefined && missing(list.hosts)}
      </Told>
      <ul class="rows">
        {selection?.rows.map((volume) => (
          <VolumeRow key={`${volume.host} ${volume.name}`} volume={volume} />
        ))}
      </ul>
    </Section>
  )
}

function ImageRow({ image }: { readonly image: ImageView }) {
  const { bytes, containers, hosts, id, tags } = image
  const places = hosts.map(({ hostName }) => hostName).join(', ')
  return (
    <li data-image={id}>
      <div class="line">
        <strong>{tags.join(' ') || shortId(id)}</strong>
        <MarkView mark={markOfImage(image)} />
      </div>
      <p class="facts">
        {sizeOf(bytes)} on {places}
        {containers.length > 0 && `, run by ${containers.map(({ path }) => path).join(', ')}`}
      </p>
      <p class="faint">{shortId(id)}</p>
    </li>
  )
}

function VolumeRow({ volume }: { readonly volume: VolumeView }) {
  const { anonymous, containers, driver, hostName, name } = volume
  return (
    <li data-volume={name}>
      <div class="line">
        <strong>
          {hostName}/{anonymous ? shortId(name) : name}
        </strong>
        <MarkView mark={markOfVolume(volume)} />
      </div>
      {containers.length > 0 && (
        <p class="facts">
          {containers.map(({ path, target }) => `${path} at ${target}`).join(', ')}
        </p>
      )}
      <p class="faint">{driver}</p>
    </li>
  )
}

/** Nothing to show: nobody has asked, or there is nothing. */
function Empty<List>({ asked, ask, words }: AskProps<List> & { readonly words: string }) {
  if (asked.value.kind !== 'shown') return <Ask asked={asked} ask={ask} />
  return (
    <>
      <p>{words}</p>
      <Told asked={asked} ask={ask} />
    </>
  )
}

interface AskProps<List> {
  readonly asked: Signal<Asked<List>>
  readonly ask: Asking<List>
}

function Ask<List>({ asked, ask }: AskProps<List>) {
  const { kind } = asked.value
  return (
    <>
      {kind === 'failed' && <p role="alert">The master does not answer. Try again in a moment.</p>}
      <p>This list is asked for when somebody wants it.</p>
      <button type="button" disabled={kind === 'asking'} onClick={() => void askNow(asked, ask)}>
        {kind === 'asking' ? 'Asking…' : 'Show'}
      </button>
    </>
  )
}

/** Of when the list is, since it does not change by itself. */
function Told<List>({
  asked,
  ask,
  children,
}: AskProps<List> & { readonly children?: ComponentChildren }) {
  const now = asked.value
  if (now.kind !== 'shown') return null
  return (
    <p class="facts">
      As of {timeOfDay(now.atMs)}. {children}{' '}
      <button type="button" class="plain" onClick={() => void askNow(asked, ask)}>
        Ask again
      </button>
    </p>
  )
}

async function askNow<List>(asked: Signal<Asked<List>>, ask: Asking<List>): Promise<void> {
  if (asked.value.kind !== 'shown') asked.value = { kind: 'asking' }
  const answer = await ask()
  asked.value = answer === undefined ? { kind: 'failed' } : { kind: 'shown', ...answer }
}

function listOf<List>(asked: Signal<Asked<List>>): List | undefined {
  return asked.value.kind === 'shown' ? asked.value.list : undefined
}

function selectionOf<Row>(
  list: { readonly items: readonly Row[]; readonly total: number } | undefined,
  filter: string,
  textOf: (row: Row) => string,
): Selection<Row> | undefined {
  if (list === undefined) return undefined
  const selection = select(list.items, filter, textOf)
  // Without words all of them match, also those that did not come along.
  const isFiltered = selection.matching < selection.total
  return { ...selection, ...(!isFiltered && { matching: list.total }), total: list.total }
}
