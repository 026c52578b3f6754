import { STOCK_KINDS } from '@roadstead/shared/protocol/stock.ts'
import type { StatusView } from '@roadstead/shared/protocol/http.ts'
import { stockHosts, type StockScene } from '../graph/stock-host.ts'

/** Hosts with more than they may tell: what is asked about them is answered in part. */
export function stockWarnings(scene: StockScene): StatusView['warnings'] {
  return stockHosts(scene).flatMap(({ id, name }) => {
    const beyond = STOCK_KINDS.map((of) => ({ of, untold: scene.stock.untold(id, of) }))
    return beyond
      .filter(({ untold }) => untold > 0)
      .map(({ of, untold }) => ({
        what: `Host ${name} has ${untold} ${of} more than a host may tell; lists leave them out.`,
        remedy: `Remove what nobody uses: \`roadstead ${of} --unused --host ${name}\` shows it.`,
      }))
  })
}
