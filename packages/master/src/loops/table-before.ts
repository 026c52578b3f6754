import { type ControlStream, sliceKey } from '@roadstead/bus/ports.ts'
import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import { type TableManifest, TableSlice } from '@roadstead/shared/protocol/table.ts'

/** The slices that a head in the control stream names; undefined when one of them is not there. */
export async function tableBefore(
  control: Pick<ControlStream, 'read'>,
  site: string,
  edge: EdgeId,
  manifest: TableManifest,
): Promise<readonly TableSlice[] | undefined> {
  const known = slicesByManifest.get(manifest)
  if (known !== undefined) return known
  try {
    const texts = await textsOf(control, site, edge, manifest)
    const slices = texts.map((text) => TableSlice.parse(JSON.parse(text)))
    slicesByManifest.set(manifest, slices)
    return slices
  } catch {
    // Unreadable, or the bus is away: as good as not there, and asked for again.
    return undefined
  }
}

/** Asked for at every change while a master settles; the head stays the same object meanwhile. */
const slicesByManifest = new WeakMap<TableManifest, readonly TableSlice[]>()

async function textsOf(
  control: Pick<ControlStream, 'read'>,
  site: string,
  edge: EdgeId,
  { inline, slices }: TableManifest,
): Promise<string[]> {
  const texts: string[] = []
  for (const bucket of slices.keys()) {
    const text = inline?.[bucket] ?? (await control.read(sliceKey(site, edge, bucket)))?.text
    if (text === undefined) throw new Error('a slice is missing')
    texts.push(text)
  }
  return texts
}
