import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { underPolicy } from '../../policy/apply.ts'
import { nameByRule } from '../../policy/default-rule.ts'
import { isFor } from '../../policy/grants.ts'
import { compareText } from '../../graph/select.ts'
import { findClash } from '../clashes.ts'
import type { Dialect, Reading, Refusal, Remark } from '../intent.ts'
import { LABEL_PREFIX, readLabelKey } from '../label-keys.ts'
import { shown } from '../label-values.ts'
import { readLabels } from '../labels.ts'
import { limitsOf, type Policy } from '../policy.ts'
import { withinSettingsBudget } from '../settings-budget.ts'
import type { Asking } from './asking.ts'
import { inheritedReading, INHERIT } from './inherit.ts'
import { readVirtualHost } from './nginx-proxy/read-virtual-host.ts'
import { readTraefik } from './traefik/read-traefik.ts'
import { withheldBy, withoutOpenDoors } from './withheld.ts'

export interface AskSource {
  readonly container: Container
  readonly host: HostId
  readonly policy: Policy
  readonly digest: Digest
}

/**
 * What a container asks for, in whatever language; undefined when it asks for nothing.
 *
 * The first language of the policy's order in which the container itself asks is read whole, and the
 * others are only named: routes of two sources that are mixed are a riddle to whoever wrote them. Our
 * own `enable` comes before all of them, and `inherit` says where else to read.
 */
export function readAsks({ policy: whole, ...rest }: AskSource): Reading | undefined {
  const policy = { ...whole, limits: limitsOf(whole, rest.host) }
  const source = { ...rest, policy }
  const reading = readLabelled(source) ?? readUnlabelled(source)
  return reading && finished(underPolicy(reading, source))
}

function readLabelled(source: AskSource): Reading | undefined {
  const { container, host, policy, digest } = source
  const enable = container.labels[LABEL_ENABLE]
  if (enable !== undefined && enable !== 'true') return readLabels(container, policy, digest)
  const { order, orderByHost } = policy.dialects
  const languages = orderByHost[host] ?? order
  const askings = languages.flatMap((dialect) => {
    const asking = READERS[dialect](source)
    return asking === undefined ? [] : [{ dialect, ...asking }]
  })
  const inherit = container.labels[INHERIT]
  if (inherit !== undefined) {
    const reading = inheritedReading(inherit, askings, source)
    return { ...reading, lost: lostBeside(reading.dialect, askings) }
  }
  const winner = askings.find(({ isMeant }) => isMeant) ?? askings[0]
  if (winner === undefined) return undefined
  const remarks = winner.dialect === 'roadstead' ? [] : unheeded(container, winner.dialect)
  const { reading } = winner
  const lost = lostBeside(winner.dialect, askings)
  return { ...reading, lost, remarks: [...reading.remarks, ...remarks] }
}

/** Who asks for nothing and gets a name by the rule of the policy: as if it had asked for that. */
function readUnlabelled({ container, host, policy, digest }: AskSource): Reading | undefined {
  const { unlabelled } = policy
  if (unlabelled === undefined || !isFor(unlabelled, { host, project: container.project })) return
  const name = nameByRule(unlabelled.template, container)
  const isOpen = container.ports.some(({ protocol, exposed }) => protocol === 'tcp' && exposed)
  if (name === undefined || !isOpen || LABEL_ENABLE in container.labels) return
  const labels = { ...container.labels, [`${LABEL_PREFIX}host`]: name }
  return readLabels({ ...container, labels }, policy, digest)
}

const LABEL_ENABLE = `${LABEL_PREFIX}enable`

const READERS: Readonly<Record<Dialect, (source: AskSource) => Asking | undefined>> = {
  roadstead: readOwn,
  traefik: ({ container, policy, digest }) => readTraefik(container, policy, digest),
  'nginx-proxy': readVirtualHost,
}

/** Labels of ours that only tune the container have not asked for a route. */
function readOwn({ container, policy, digest }: AskSource): Asking | undefined {
  const reading = readLabels(container, policy, digest)
  if (reading === undefined) return undefined
  const isMeant = ownKeys(container).some((key) => readLabelKey(key).kind !== 'container')
  return { isMeant, reading }
}

function ownKeys({ labels }: Container): readonly string[] {
  return Object.keys(labels)
    .filter((key) => key.startsWith(LABEL_PREFIX))
    .sort(compareText)
}

interface Candidate extends Asking {
  readonly dialect: Dialect
}

function lostBeside(winner: Dialect, askings: readonly Candidate[]): readonly Dialect[] {
  return askings
    .filter(({ dialect, isMeant }) => isMeant && dialect !== winner)
    .map(({ dialect }) => dialect)
}

/** Of these, the second is for runs, which ask nobody how routes are read. */
const ALWAYS_HEEDED = new Set([`${LABEL_PREFIX}enable`, `${LABEL_PREFIX}drain`])

function unheeded(container: Container, dialect: Dialect): readonly Remark[] {
  const why = `Routes are read from ${dialect}; with ${INHERIT}=${dialect} this is added to them.`
  return ownKeys(container)
    .filter((key) => !ALWAYS_HEEDED.has(key))
    .map((key) => ({ key: shown(key), why }))
}

/** What holds for every language: what nginx cannot do together, and how much one may ask for. */
function finished(reading: Reading): Reading {
  const clashing = new Map(reading.intents.map((intent) => [intent, findClash(intent)]))
  const refusals = [...clashing].flatMap(([{ route, domain, path }, clash]): readonly Refusal[] => {
    if (clash === undefined) return []
    const [label, other] = clash.keys
    const details = { label, other, why: clash.why }
    return [{ route, domain, path, reason: 'incompatible-keys', details }]
  })
  const possible = withinSettingsBudget({
    ...reading,
    intents: reading.intents.filter((intent) => clashing.get(intent) === undefined),
    refusals: [...reading.refusals, ...refusals],
  })
  const served = new Set(possible.intents)
  const withheld = reading.intents.filter((intent) => !served.has(intent)).map(withheldBy)
  const closed = withoutOpenDoors(possible.intents, withheld)
  return {
    ...possible,
    intents: closed.intents,
    refusals: [...possible.refusals, ...closed.refusals],
  }
}
