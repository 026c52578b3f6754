import type { ImageList, VolumeList } from '@roadstead/shared/protocol/http-stock.ts'

const ANSWER_MS_MAX = 10_000
/** More than the page shows, so that its filter has something to choose from. */
const ITEMS_MAX = 1_000

/** @param api the address of `api/v1/`. Undefined when the master does not answer. */
export function askForImages(api: URL): Promise<ImageList | undefined> {
  return ask<ImageList>(api, 'images')
}

export function askForVolumes(api: URL): Promise<VolumeList | undefined> {
  return ask<VolumeList>(api, 'volumes')
}

async function ask<List>(api: URL, what: string): Promise<List | undefined> {
  try {
    const address = new URL(`${what}?limit=${ITEMS_MAX}`, api)
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    const response = await fetch(address, { signal, cache: 'no-store' })
    if (!response.ok) return undefined
    const list: List = await response.json()
    return list
  } catch {
    return undefined
  }
}
