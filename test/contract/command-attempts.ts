import { randomBytes } from 'node:crypto'
import { idOf } from '@roadstead/agent/testing.ts'
import { createKey } from '@roadstead/bus/identity.ts'
import { type Sign, signWith } from '@roadstead/bus/nkey.ts'
import { QUESTION_BYTES_MAX } from '@roadstead/bus/subjects.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import type { Command } from '@roadstead/shared/protocol/command.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'

/** The leadership in force, and the container that it may restart. */
export const EPOCH = 7
export const container = idOf('a')

export type Fields = Readonly<Record<string, unknown>>

/** What is sent, and by which name it has to be refused. */
interface Attempt {
  readonly text: string
  readonly reason: string
}

/** What an attempt is made of. */
interface Site {
  readonly outdatedNonces: readonly string[]
  leader(): { readonly sign: Sign }
  fellow(): { readonly sign: Sign }
  /** What a leader would sign now, with a new id. */
  body(other?: Fields): string
}

interface Kind {
  readonly name: string
  readonly make: (round: number) => Attempt
}

/** Every kind of attempt; each makes a different one every round, always the same for the round. */
export function attemptsAgainst(site: Site, genuine: readonly Signed[]): readonly Kind[] {
  const dice = seededRandom(1)
  const below = (count: number): number => Math.floor(dice.next() * count)
  const one = <Item>(items: readonly Item[]): Item => items[below(items.length)] ?? never()
  const leader = site.leader()
  const fellow = site.fellow()
  const stranger = signWith(createKey().seed)
  const signed = (sign: Sign, body: string): string => JSON.stringify(sign('command', body))
  const kind = (name: string, reason: string, make: (round: number) => string): Kind => ({
    name,
    make: (round) => ({ text: make(round), reason }),
  })
  const altered = (name: keyof Command, value: () => unknown): Kind =>
    kind(`altered ${name}`, 'bad-signature', () => {
      const original = leader.sign('command', site.body())
      const body = JSON.stringify({ ...JSON.parse(original.body), [name]: value() })
      return JSON.stringify({ ...original, body })
    })
  const byteOf = (name: string, characters: string): Kind =>
    kind(`${name} in the body`, 'bad-signature', () => {
      const original = leader.sign('command', site.body())
      const body = replaceAt(
        original.body,
        below(original.body.length),
        one(Array.from(characters)),
      )
      return JSON.stringify({ ...original, body: body === original.body ? `${body} ` : body })
    })
  return [
    kind('replayed', 'repeated', () => JSON.stringify(one(genuine))),
    kind('replayed under another signature', 'second-instance', () =>
      signed(fellow.sign, one(genuine).body),
    ),
    altered('v', () => 2),
    altered('id', () => hex()),
    altered('site', () => 's2'),
    altered('host', () => 'h2'),
    altered('verb', () => one(['ping', 'resync', 'describe'])),
    altered('epoch', () => EPOCH + 1 + below(1_000)),
    altered('instance', () => `other-${below(1_000)}`),
    altered('nonce', () => hex()),
    altered('container', () => idOf(below(0xffff).toString(16))),
    altered('graceMs', () => below(90_000) + 1),
    byteOf('a digit', '0123456789'),
    byteOf('a letter', 'abcdefXYZ'),
    byteOf('a sign', '{}[]",:\\'),
    byteOf('a blank', ' \t\n\r'),
    byteOf('a control character', '\u0000\u0007\u001b\u007f'),
    byteOf('a foreign letter', 'é漢😀\u200b\ufeff'),
    kind('altered signature', 'bad-signature', () => {
      const original = leader.sign('command', site.body())
      // The last digit before the padding has bits that mean nothing, so it is left alone.
      const at = below(original.signature.length - 3)
      const other = original.signature[at] === 'A' ? 'B' : 'A'
      return JSON.stringify({ ...original, signature: replaceAt(original.signature, at, other) })
    }),
    kind('signature of another command', 'bad-signature', () => {
      const { signature } = one(genuine)
      return JSON.stringify({ ...leader.sign('command', site.body()), signature })
    }),
    kind('under the name of a fellow master', 'bad-signature', () => {
      const { by } = fellow.sign('command', '')
      return JSON.stringify({ ...leader.sign('command', site.body()), by })
    }),
    kind('said to be a table', 'bad-signature', () =>
      JSON.stringify({ ...leader.sign('command', site.body()), purpose: 'table' }),
    ),
    kind('a signed table', 'bad-signature', () =>
      JSON.stringify(leader.sign('table', site.body())),
    ),
    kind('a signed table said to be a command', 'bad-signature', () =>
      JSON.stringify({ ...leader.sign('table', site.body()), purpose: 'command' }),
    ),
    kind('unknown signer', 'unknown-signer', () => signed(stranger, site.body())),
    kind('a stranger with the name of the leader', 'bad-signature', () => {
      const { by } = leader.sign('command', '')
      return JSON.stringify({ ...stranger('command', site.body()), by })
    }),
    kind('another host', 'wrong-host', () => signed(leader.sign, site.body({ host: 'h2' }))),
    kind('another site', 'wrong-host', () => signed(leader.sign, site.body({ site: 's2' }))),
    kind('an old epoch', 'old-epoch', () =>
      signed(one([leader, fellow]).sign, site.body({ epoch: 1 + below(EPOCH - 1) })),
    ),
    kind('a second master in one epoch', 'second-instance', () =>
      signed(fellow.sign, site.body({ instance: `fellow-${below(9)}` })),
    ),
    kind('a fellow master in the name of the leader', 'second-instance', () =>
      signed(fellow.sign, site.body()),
    ),
    kind('an outdated nonce', 'stale-nonce', () =>
      signed(leader.sign, site.body({ nonce: one(site.outdatedNonces) })),
    ),
    kind('an invented nonce', 'stale-nonce', () =>
      signed(leader.sign, site.body({ nonce: hex() })),
    ),
    kind('a later epoch with an invented nonce', 'stale-nonce', () =>
      signed(leader.sign, site.body({ nonce: hex(), epoch: EPOCH + 1 + below(99) })),
    ),
    kind('no command, signed', 'unreadable', () => {
      const nothing = ['', 'null', '[]', '{}', '"ping"', '42', site.body().slice(0, -below(99) - 1)]
      return signed(leader.sign, one(nothing))
    }),
    kind('a field that cannot be, signed', 'unreadable', () => {
      const { verb, epoch, id } = { verb: 'exec', epoch: -1, id: 'short' }
      const other = one<Fields>([{ verb }, { epoch }, { epoch: 1.5 }, { id }, { graceMs: 1e9 }])
      return signed(leader.sign, site.body(other))
    }),
    kind('a field that is missing, signed', 'unreadable', () => {
      const names = ['v', 'id', 'site', 'host', 'verb', 'epoch', 'instance', 'nonce'] as const
      return signed(leader.sign, site.body({ [one(names)]: undefined }))
    }),
    kind('garbage', 'unreadable', () => randomBytes(1 + below(600)).toString('latin1')),
    kind('truncated', 'unreadable', () => {
      const text = signed(leader.sign, site.body())
      return text.slice(0, below(text.length))
    }),
    kind('oversized', 'unreadable', (round) => {
      const blanks = ' '.repeat(QUESTION_BYTES_MAX * (round % 50 === 0 ? 60 : 1))
      return signed(leader.sign, site.body()) + blanks
    }),
    kind('deeply nested', 'unreadable', () => '['.repeat(below(4_000) + 1)),
  ]
}

export function hex(): string {
  return randomBytes(16).toString('hex')
}

function replaceAt(text: string, at: number, character: string): string {
  return text.slice(0, at) + character + text.slice(at + 1)
}

function never(): never {
  throw new Error('there is none')
}
