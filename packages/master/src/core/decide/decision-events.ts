import type { EventView } from '@roadstead/shared/protocol/http-events.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { Graph } from '../graph/graph.ts'
import type { ObjectDecision } from '../objects/kept-objects.ts'
import { policyOf, type PolicyDecision } from '../policy/policy-of.ts'
import { defaultPolicy } from '../routes/policy.ts'
import { isValidClaim } from '../routes/valid-claims.ts'
import { findContainer, nameOf } from '../graph/select.ts'

type Line = Omit<EventView, 'revision'>

type Flapping = Extract<Decision, { kind: 'flapping' }>
type Claim = Extract<Decision, { kind: 'claim' }>

/** What the leader concluded between two looks about containers that fall, and names that end. */
export function decisionEvents(before: Graph, now: Graph, at: string): Line[] {
  if (before.decisions === now.decisions) return []
  const lines: Line[] = []
  for (const [key, decision] of now.decisions) {
    const was = before.decisions.get(key)
    if (was === decision) continue
    if (decision.kind === 'flapping') lines.push(...fallen(was, decision, now, at))
    if (decision.kind === 'object') lines.push(...objectKept(was, decision, at))
    if (decision.kind === 'policy') lines.push(policyLine(decision, at))
    if (decision.kind === 'claim' && was?.kind === 'claim' && was.service !== decision.service) {
      const why = whyGone(was, now)
      lines.push(claimLine('claim passed on', was, { now: decision.service, ...why }, at))
    }
  }
  for (const [key, was] of before.decisions) {
    if (now.decisions.has(key)) continue
    if (was.kind === 'flapping') lines.push(flappingLine('flapping over', was, now, at))
    if (was.kind === 'object') lines.push(objectLine('object removed', was, at))
    if (was.kind === 'claim') lines.push(claimLine('claim dropped', was, whyGone(was, now), at))
  }
  return lines
}

function fallen(was: Decision | undefined, now: Flapping, scene: Graph, at: string): Line[] {
  if (was?.kind !== 'flapping') return [flappingLine('flapping', now, scene, at)]
  return was.falls === now.falls ? [] : [flappingLine('flapping again', now, scene, at)]
}

function flappingLine(
  what: string,
  { calmMs, container, falls, host }: Flapping,
  scene: Graph,
  at: string,
): Line {
  const placed = findContainer(scene, host, container)
  return {
    at,
    host,
    hostName: scene.hosts.get(host)?.facts.name ?? '',
    kind: 'decision',
    origin: 'master',
    what,
    // It may be gone by now, and that may be why.
    subject: placed === undefined ? container.slice(0, SHORT_ID) : nameOf(placed.container),
    details: { falls: String(falls), calmMs: String(calmMs) },
  }
}

/** As engines print ids. */
const SHORT_ID = 12

/** Why a claim that is dropped or passed on could not stay, from what was known before that. */
export function whyEnded(
  was: Decision | undefined,
  now: Decision | undefined,
  known: Graph,
): string {
  if (was?.kind !== 'claim') return ''
  const isSame = now?.kind === 'claim' && now.service === was.service
  return isSame ? '' : (whyGone(was, known)['why'] ?? '')
}

/** Nobody asks any more, as a rule; otherwise somebody decided it. */
function whyGone(claim: Claim, now: Graph): Readonly<Record<string, string>> {
  const isDenied = !isValidClaim(claim, policyOf(now, defaultPolicy))
  return isDenied ? { why: 'the policy does not let its holder have the name' } : {}
}

function policyLine({ by, digest }: PolicyDecision, at: string): Line {
  const details = { by, digest: digest.slice(0, SHORT_ID) }
  return {
    at,
    host: '',
    hostName: '',
    kind: 'decision',
    origin: 'master',
    what: 'policy applied',
    subject: 'policy',
    details,
  }
}

/** Sealed anew for a master that has come, it is the same. */
function objectKept(was: Decision | undefined, now: ObjectDecision, at: string): Line[] {
  const isSame = was?.kind === 'object' && was.version === now.version
  return isSame ? [] : [objectLine('object kept', now, at)]
}

function objectLine(what: string, { by, facts, name }: ObjectDecision, at: string): Line {
  const ends = facts.object === 'certificate' ? { notAfter: facts.notAfter } : {}
  const details = { by, kind: facts.object, ...ends }
  const about = { at, host: '', hostName: '', kind: 'decision', origin: 'master' } as const
  return { ...about, what, subject: name, details }
}

function claimLine(
  what: string,
  { domain, path, service }: Claim,
  more: Readonly<Record<string, string>>,
  at: string,
): Line {
  const details = { service, ...more }
  const subject = `${domain}${path}`
  return { at, host: '', hostName: '', kind: 'decision', origin: 'master', what, subject, details }
}
