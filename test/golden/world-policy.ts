import { readPolicyText } from '@roadstead/master/api/policy-text.ts'
import { enrolledHosts } from '@roadstead/master/core/policy/policy-of.ts'
import { resolvePolicy } from '@roadstead/master/core/policy/resolve.ts'
import { defaultPolicy, type Policy } from '@roadstead/master/core/routes/policy.ts'
import type { World } from './world.ts'

/** What the text of a world says, or what is wrong with it. */
export function policyOfWorld({ graph, loopbackHosts, policyText }: World): Policy | string[] {
  const base = { ...defaultPolicy, loopbackHosts }
  if (policyText === '') return base
  const reading = readPolicyText(policyText)
  if (reading.kind === 'read') {
    return resolvePolicy(reading.document, base, enrolledHosts(graph))
  }
  return reading.problems.map(({ line, column, key, what }) => {
    return `${line}:${column} ${key}${key === '' ? '' : ' '}${what}`
  })
}
