import type { ObjectView } from '@roadstead/shared/protocol/http-objects.ts'
import { NOW_MS } from './golden.fixtures.ts'

const DAY_MS = 86_400_000
const at = (days: number): string => new Date(NOW_MS + days * DAY_MS).toISOString()
const front = { edge: 'front', state: 'current' } as const

export const users: readonly ObjectView[] = [
  {
    kind: 'users',
    name: 'team',
    version: '0123456789abcdef',
    facts: { object: 'users', names: ['ann', 'bob'] },
    by: 'ann',
    since: at(-3),
    edges: [front, { edge: 'rear', state: 'older' }],
  },
  {
    kind: 'users',
    name: 'registry',
    version: '00112233445566aa',
    facts: { object: 'users', names: ['builder', 'deployer', 'reader.of-everything@example.com'] },
    by: 'admin',
    since: at(-0.01),
    edges: [front, { edge: 'rear', state: 'missing', trouble: 'not-for-us' }],
  },
]

export const certificates: readonly ObjectView[] = [
  certificate('shop', 80, ['*.shop.example.com', 'shop.example.com']),
  certificate('soon', 20, ['soon.example.com']),
  certificate('urgent', 3, ['urgent.example.com']),
  certificate('gone', -1, ['gone.example.com']),
]

function certificate(name: string, days: number, names: string[]): ObjectView {
  return {
    kind: 'certificate',
    name,
    version: '0123456789abcdef',
    facts: {
      object: 'certificate',
      names,
      notBefore: at(-10),
      notAfter: at(days),
      issuer: 'Example Authority R3',
      fingerprint: Array.from({ length: 32 }, () => 'AB').join(':'),
    },
    by: 'ann',
    since: at(-10),
    edges: [front, { edge: 'rear', state: 'current' }],
  }
}
