import type { RouteChange, VerdictChange } from '@roadstead/shared/protocol/policy.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { compareText } from '../graph/select.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { Derivation } from '../routes/derived.ts'
import { settingTexts } from '../routes/setting-texts.ts'
import type { Route } from '../routes/table.ts'

export interface DerivationDiff {
  /** Sorted by route. */
  readonly routes: readonly RouteChange[]
  /** Sorted by container, route, domain, path. */
  readonly verdicts: readonly VerdictChange[]
}

type Compared = Pick<Derivation, 'table' | 'verdicts'>

/** What differs for visitors and for those who ask, between two derivations of one graph. */
export function diffDerivations(before: Compared, after: Compared): DerivationDiff {
  return { routes: routeChanges(before, after), verdicts: verdictChanges(before, after) }
}

function routeChanges(before: Compared, after: Compared): readonly RouteChange[] {
  const keys = new Set([...before.table.routes.keys(), ...after.table.routes.keys()])
  return [...keys].sort(compareText).flatMap((route) => {
    const was = routeText(before.table.routes.get(route))
    const is = routeText(after.table.routes.get(route))
    return was === is ? [] : [{ route, ...beforeAndAfter(was, is) }]
  })
}

/** Whose it is and how it is served; edges hear of no route that was never served. */
function routeText(route: Route | undefined): string | undefined {
  if (route?.established !== true) return undefined
  const settings = Object.entries(settingTexts(route.settings))
  return [route.service, ...settings.map(([key, text]) => `${key} ${text}`)].join(', ')
}

function verdictChanges(before: Compared, after: Compared): readonly VerdictChange[] {
  const was = verdictsByKey(before)
  const is = verdictsByKey(after)
  return [...new Set([...was.keys(), ...is.keys()])].sort(compareText).flatMap((key) => {
    const verdict = is.get(key) ?? was.get(key)
    const [old, young] = [was.get(key)?.reason, is.get(key)?.reason]
    if (verdict === undefined || old === young) return []
    const { host, containerName, route, domain = '', path = '' } = verdict
    const subject = { container: `${host}/${containerName}`, route, domain, path }
    return [{ ...subject, ...beforeAndAfter(old, young) }]
  })
}

/** A refusal and a grant of one route have little in common: its name inside the labels, and the place. */
function verdictsByKey({ verdicts }: Compared): ReadonlyMap<string, Verdict> {
  const all = [...verdicts.values()].flatMap((own) => [...own.values()].flat())
  return new Map(all.map((verdict) => [keyOf(verdict), verdict]))
}

function keyOf({ host, containerName, route, domain = '', path = '', when }: Verdict): string {
  const place = routeKey({ domain, path, match: '', when })
  return [host, containerName, route, place].join(' ')
}

function beforeAndAfter(before: string | undefined, after: string | undefined) {
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
}
