import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import {
  type Image,
  STOCK_SLICES,
  type StockKind,
  toImageId,
} from '@roadstead/shared/protocol/stock.ts'
import type { Graph, HostNode } from './graph.ts'
import { isRemoved } from './removed.ts'
import type { LayerOrder } from './layer-space.ts'
import { compareText } from './select.ts'
import type { Stock } from './stock.ts'

/** Everything that a view of images and volumes is made of. */
export interface StockScene {
  readonly graph: Graph
  readonly stock: Stock
}

/** One host that has told of its stock, with what its containers use. */
export interface StockHost {
  readonly id: HostId
  readonly name: string
  /** Absent: its containers are not known, and nothing may be called unused. */
  readonly node: HostNode | undefined
  readonly images: readonly Image[]
  /** By the short form of a tag: the image that has it here. */
  readonly imageIdByTag: ReadonlyMap<string, string>
  readonly layers: LayerOrder
  readonly containersByImage: ReadonlyMap<string, readonly Container[]>
  isComplete(of: StockKind): boolean
}

/** By name, those that are asked for: all, or the one with this name or id. */
export function stockHosts({ graph, stock }: StockScene, asked?: string): readonly StockHost[] {
  return stock.hosts
    .filter((id) => !isRemoved(graph.decisions, id))
    .map((id) => stockHost(id, graph.hosts.get(id), stock))
    .filter(({ id, name }) => asked === undefined || asked === id || asked === name)
    .sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id))
}

function stockHost(id: HostId, node: HostNode | undefined, stock: Stock): StockHost {
  const { idByTag: imageIdByTag, images, layers } = stock.hostImages(id)
  const containers = [...(node?.containers.values() ?? [])]
  return {
    id,
    name: node?.facts.name ?? id,
    node,
    images,
    imageIdByTag,
    layers,
    containersByImage: Map.groupBy(containers, ({ image }) => toImageId(image.id) ?? image.id),
    isComplete: (of) => stock.slices(id)[of] === STOCK_SLICES,
  }
}
