import { LABEL_VALUE_CARRIED_MAX } from '@roadstead/shared/kernel/limits.ts'
import type { Port } from '@roadstead/shared/protocol/container.ts'
import type { RouteDomain, PathPattern } from '@roadstead/shared/protocol/route.ts'
import type { EndpointScheme } from '@roadstead/shared/protocol/route-settings.ts'
import type { Refusal } from '../../intent.ts'
import { readDomain, readPath, readPort, shown } from '../../label-values.ts'
import type { Problem } from '../../found.ts'
import { readList } from '../go-values.ts'
import { type Mapping, type MappingValue, readMapping } from './mapping.ts'

/** One name with one path, and how the container wants to be asked for it. */
export interface VirtualPlace {
  readonly domain: RouteDomain
  readonly path: PathPattern
  readonly port: Port
  /** What stands in the place of the path; absent: the path itself. */
  readonly dest?: PathPattern
  /** Absent: http. */
  readonly scheme?: EndpointScheme
}

export interface VirtualPlaces {
  readonly places: readonly VirtualPlace[]
  readonly refusals: readonly Omit<Refusal, 'route'>[]
}

/** Values of variables by their names, as far as the container itself has set them. */
export type Variables = ReadonlyMap<string, string>

/** Places of `VIRTUAL_HOST`: the same for each of its names. A bad name costs only itself. */
export function placesOfHost(variables: Variables, otherwise: Port): VirtualPlaces {
  const list = readVariable(variables, 'VIRTUAL_HOST')
  if (list !== undefined && 'reason' in list) return { places: [], refusals: [list] }
  return placesOf(readList(list?.value ?? ''), 'VIRTUAL_HOST', (domain) => [
    readPlace(domain, {
      path: variables.get('VIRTUAL_PATH'),
      port: variables.get('VIRTUAL_PORT'),
      dest: variables.get('VIRTUAL_DEST'),
      proto: variables.get('VIRTUAL_PROTO'),
      otherwise,
    }),
  ])
}

/** Places of `VIRTUAL_HOST_MULTIPORTS`. What stands in it counts alone; only the port has a default. */
export function placesOfMultiports(variables: Variables, otherwise: Port): VirtualPlaces {
  const text = readVariable(variables, MULTIPORTS)
  if (text === undefined || 'reason' in text) {
    return { places: [], refusals: text === undefined ? [] : [text] }
  }
  const read = readMapping(text.value)
  if (read.kind === 'unreadable') {
    const details = { variable: MULTIPORTS, line: String(read.line), expected: read.expected }
    return { places: [], refusals: [{ reason: 'invalid-value', details }] }
  }
  return placesOf([...read.mapping.keys()], MULTIPORTS, (domain, name) =>
    pathsOf(read.mapping.get(name)).map(([path, value]) => {
      const fields = fieldsOf(value)
      if ('reason' in fields) return { domain, path: shown(path), ...fields }
      return readPlace(domain, { ...fields, path, otherwise })
    }),
  )
}

const MULTIPORTS = 'VIRTUAL_HOST_MULTIPORTS'

/** The agent cuts long values, and what is cut may ask for something else than the whole. */
function readVariable(
  variables: Variables,
  variable: string,
): { readonly value: string } | Problem | undefined {
  const value = variables.get(variable)
  if (value === undefined) return undefined
  if (value.length < LABEL_VALUE_CARRIED_MAX) return { value }
  const max = String(LABEL_VALUE_CARRIED_MAX - 1)
  return { reason: 'over-budget', details: { what: 'characters of a variable', variable, max } }
}

type ReadPlace = VirtualPlace | (Problem & { readonly domain?: string; readonly path?: string })

function placesOf(
  names: readonly string[],
  variable: string,
  read: (domain: RouteDomain, name: string) => readonly ReadPlace[],
): VirtualPlaces {
  const all = names.flatMap((name): readonly ReadPlace[] => {
    const domain = readDomain(name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
    if (domain.kind === 'value') return read(domain.value, name)
    return [{ reason: domain.reason, details: { variable, value: shown(name) } }]
  })
  return {
    places: all.filter((each): each is VirtualPlace => !('reason' in each)),
    refusals: all.filter((each) => 'reason' in each),
  }
}

interface Fields {
  readonly path: string | undefined
  readonly port: string | undefined
  readonly dest: string | undefined
  readonly proto: string | undefined
  readonly otherwise: Port
}

function readPlace(domain: RouteDomain, fields: Fields): ReadPlace {
  const path = readVirtualPath(fields.path || '/')
  if ('reason' in path) return { domain, ...path }
  const place = { domain, path: path.path }
  const port = fields.port ? readPort(fields.port) : undefined
  if (port?.kind === 'refused') return { ...place, ...problem(port.reason, 'port', fields.port) }
  const dest = fields.dest ? readPath(fields.dest) : undefined
  if (dest?.kind === 'refused') return { ...place, ...problem(dest.reason, 'dest', fields.dest) }
  const scheme = SCHEMES.get(fields.proto?.toLowerCase() || 'http')
  if (scheme === undefined)
    return { ...place, ...problem('protocol-refused', 'proto', fields.proto) }
  return {
    ...place,
    port: port?.value ?? fields.otherwise,
    ...(dest && { dest: dest.value }),
    ...(scheme !== 'http' && { scheme }),
  }
}

const SCHEMES: ReadonlyMap<string, EndpointScheme> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['grpc', 'grpc'],
  ['grpcs', 'grpcs'],
])

function readVirtualPath(text: string): { readonly path: PathPattern } | Problem {
  if (text.startsWith('~')) return problem('regex-refused', 'path', text)
  const path = readPath(text)
  return path.kind === 'value' ? { path: path.value } : problem(path.reason, 'path', text)
}

function pathsOf(value: MappingValue | undefined): readonly (readonly [string, MappingValue])[] {
  if (value === undefined || value === null || typeof value === 'string')
    return [['/', value ?? null]]
  return value.size === 0 ? [['/', null]] : [...value]
}

const FIELDS = ['port', 'dest', 'proto'] as const

/** What belongs to one path. A word that is not known might have been a restriction. */
function fieldsOf(value: MappingValue): Omit<Fields, 'path' | 'otherwise'> | Problem {
  if (typeof value === 'string') return problem('invalid-value', 'path', value)
  const mapping: Mapping = value ?? new Map()
  const strange = [...mapping.keys()].find((key) => FIELDS.every((field) => field !== key))
  if (strange !== undefined) return problem('unknown-key', 'key', strange)
  const deep = FIELDS.find((field) => mapping.get(field) instanceof Map)
  if (deep !== undefined) return problem('invalid-value', 'key', deep)
  const text = (field: (typeof FIELDS)[number]) => {
    const own = mapping.get(field)
    return typeof own === 'string' ? own : undefined
  }
  return { port: text('port'), dest: text('dest'), proto: text('proto') }
}

function problem(reason: Problem['reason'], what: string, value: string | undefined): Problem {
  return { reason, details: { [what]: shown(value ?? '') } }
}
