import { EventKind } from '@roadstead/shared/protocol/http-events.ts'
import type { Format } from './format.ts'
import { wrongUsage } from './usage.ts'

export interface EventFlags {
  readonly output: Format
  readonly watch?: true
  readonly audit?: true
  readonly after?: string
  readonly before?: string
  readonly since?: string
  readonly until?: string
  readonly host?: string
  readonly container?: string
  readonly kind?: string
  readonly limit: string
}

export function assertKinds(kinds: string | undefined): void {
  const wrong = kinds?.split(',').find((kind) => !EventKind.safeParse(kind).success)
  if (wrong === undefined) return
  throw wrongUsage('--kind', `${wrong} is none of ${EventKind.options.join(', ')}`)
}
