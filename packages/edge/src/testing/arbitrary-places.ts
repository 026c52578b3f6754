import fc from 'fast-check'
import { DomainName, PathPattern } from '@roadstead/shared/protocol/route.ts'

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?$/)
const segment = fc.stringMatching(/^[A-Za-z0-9._~-]{1,8}$/)

/** Few domains and few paths, so that they meet each other. */
export const arbitraryDomain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('test', 'example', 'x1'))
  .map(([labels, last]) => [...labels, last].join('.'))
  .filter((text) => DomainName.safeParse(text).success)
  .map((text) => DomainName.parse(text))

export const arbitraryPath = fc
  .tuple(
    fc.array(fc.oneof(fc.constantFrom('api', 'v1', 'x'), segment), { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([segments, slash]) => `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`)
  .filter((text) => PathPattern.safeParse(text).success)
  .map((text) => PathPattern.parse(text))
