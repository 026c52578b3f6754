import {
  EdgeObject,
  objectContext,
  type ObjectTrouble,
  type Sealed,
} from '@roadstead/shared/protocol/kept-object.ts'
import { type FetchableObject, HeldObject } from './held-object.ts'

export type OpenText = (
  sealed: Sealed,
  context: string,
) => { readonly kind: 'opened'; readonly plaintext: string } | { readonly kind: OpenTrouble }
type OpenTrouble = Extract<ObjectTrouble, 'not-for-us' | 'broken'>

export interface Doors {
  readonly edge: string
  readonly open: OpenText
  /** Whether a key belongs to the first certificate of a chain. */
  readonly fits: (certificate: { readonly chain: string; readonly key: string }) => boolean
}

/** The object that a text of the bus is, if it is the one that was named and whole; else what is wrong. */
export function openedObject(
  text: string,
  named: FetchableObject,
  { edge, fits, open }: Doors,
): HeldObject | ObjectTrouble {
  const { kind, name, version } = named
  const sealed = EdgeObject.safeParse(json(text)).data
  if (sealed === undefined) return 'unreadable'
  // Bound to what the signed table names, not to what the text says of itself.
  const opened = open(sealed.sealed, objectContext(named, edge))
  if (opened.kind !== 'opened') return opened.kind
  const content = json(opened.plaintext)
  const object = HeldObject.safeParse({ v: 1, kind, name, version, content }).data
  if (object === undefined) return 'unreadable'
  if (object.kind === 'certificate' && !fits(object.content)) return 'key-does-not-fit'
  return object
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
