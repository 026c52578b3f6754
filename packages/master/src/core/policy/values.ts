import { labelReasons } from '@roadstead/shared/protocol/reasons-of-labels.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import { DomainName, ListenName, WildcardName } from '@roadstead/shared/protocol/route.ts'
import { z } from 'zod'
import { type DurationBounds, durationText, readDuration } from '../routes/durations.ts'
import type { Read } from '../routes/label-values.ts'
import { readPortPattern } from './port-grants.ts'

/** Values of the policy. What labels say in the same words is read by the same functions. */

/** A text that a label could hold as well, with the advice that its reason gives. */
export function asInLabel<Value>(read: (text: string) => Read<Value>) {
  const nothing = read('')
  const advice = nothing.kind === 'refused' ? adviceOf(nothing.reason) : WRITE_TEXT
  return z.string(advice).transform((text, context): Value => {
    const found = read(text)
    if (found.kind === 'value') return found.value
    context.addIssue({ code: 'custom', message: adviceOf(found.reason) })
    return z.NEVER
  })
}

const WRITE_TEXT = 'Write it as the label of the same name has it.'

function adviceOf(reason: ReasonCode): string {
  const entry = Object.entries(labelReasons).find(([code]) => code === reason)?.[1]
  return entry?.remedy ?? WRITE_TEXT
}

export function duration(bounds: DurationBounds) {
  const range = `${durationText(bounds.leastMs)} to ${durationText(bounds.mostMs)}`
  const advice = `Write a whole number with its unit, such as 500ms, 10s or 2m, from ${range}.`
  return z.string(advice).transform((text, context) => {
    const found = readDuration(text, bounds)
    if (found.kind === 'value') return found.value
    context.addIssue({ code: 'custom', message: advice })
    return z.NEVER
  })
}

export const Flag = z.boolean('This is neither true nor false. Write one of them, without quotes.')

/** A whole number from 0; `max` is what this version is made for. */
export function count(max: number) {
  const advice = `Write a whole number from 0 to ${max}.`
  return z.int(advice).min(0, advice).max(max, advice)
}

const NAMES =
  'This is no name that can be granted. Write shop.example.com for one name, .example.com for all' +
  ' below it, or "*.example.com" (in quotes) for these with the wildcard.'

/** Which names a grant is for: one, all below one, or these with the wildcard itself. */
export const DomainPattern = z.string(NAMES).refine(isPattern, NAMES)
export type DomainPattern = z.infer<typeof DomainPattern>

function isPattern(text: string): boolean {
  const name = text.startsWith('.') ? text.slice(1) : text
  return DomainName.safeParse(name).success || WildcardName.safeParse(text).success
}

const PORTS =
  'This is no port that can be granted. Write 5432, tcp:5432 or udp:5432, or with the last one' +
  ' tcp:6000-6010.'

/** Ports of the edges that a grant is for; YAML has a port alone as a number. */
export const PortPattern = z
  .union([z.int(), z.string()], { error: PORTS })
  .transform(String)
  .refine((text) => readPortPattern(text) !== undefined, PORTS)

const ENTRY_PORT =
  'This is no port of an entry point. Write the port of its address as 5432 or tcp:5432, or with UDP' +
  ' as udp:5353.'

/** The port of an entry point; alone it is of TCP, as Traefik has it. */
export const EntryPort = z
  .union([z.int(), z.string()], { error: ENTRY_PORT })
  .transform((value, context): ListenName => {
    const listen = readEntryPort(String(value))
    if (listen !== undefined) return listen
    context.addIssue({ code: 'custom', message: ENTRY_PORT })
    return z.NEVER
  })

function readEntryPort(text: string): ListenName | undefined {
  return ListenName.safeParse(text.includes(':') ? text : `tcp:${text}`).data
}

const ENTRY_NAME =
  'This is no name of an entry point. Write it as the static configuration of Traefik has it:' +
  ' letters, digits, "-" and "_", at most 63.'

export const EntryName = z.string(ENTRY_NAME).regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, ENTRY_NAME)

/** A host, by the name it joined with or by its id. */
export const HostText = z
  .string('This names no host. Write the name that it joined with, or its id.')
  .min(1, 'This names no host. Write the name that it joined with, or its id.')
  .max(256, 'No host has so long a name. Write the name that it joined with, or its id.')

export const ProjectText = z
  .string('This names no compose project. Write the name that docker compose ls shows.')
  .min(1, 'This names no compose project. Write the name that docker compose ls shows.')
  .max(256, 'No project has so long a name. Write the name that docker compose ls shows.')
