import { z } from 'zod'
import { IpAddress } from './container.ts'
import { EngineAddress } from './engine-address.ts'

/** Each has a thread and a connection of its own; a thousand hosts are better served by agents. */
const ENGINES_MAX = 64
/** Further ones are never tried: an edge takes the first that it reaches. */
const ADDRESSES_MAX = 8

/** Names a folder, a thread and, until people rename it, a host. */
export const EngineName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
    'an engine has a name of 1 to 32 of a-z, 0-9 and "-"',
  )

const Path = z.string().min(1).max(4_096)

const Addresses = z
  .union([IpAddress.transform((one) => [one]), z.array(IpAddress).max(ADDRESSES_MAX)], {
    error: 'must be an IP address, for example "10.0.0.5", or a list of at most 8',
  })
  .default([])

const Engine = z
  .strictObject({
    /** As it was written; its parts are read again by whoever connects. */
    url: z.string().refine((text) => EngineAddress.safeParse(text).success, {
      error: ({ input }) => EngineAddress.safeParse(input).error?.issues[0]?.message,
    }),
    address: Addresses,
    tls: z.union([Path, z.literal(false)]).optional(),
    ssh: Path.optional(),
    actions: z.enum(['restart', 'none'], 'must be restart or none').optional(),
  })
  .superRefine((engine, context) => {
    const kind = EngineAddress.safeParse(engine.url).data?.kind
    if (kind === undefined) return
    const say = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message })
    if (kind === 'tcp' && engine.tls === undefined) say('tls', TLS_WANTED)
    if (kind !== 'tcp' && engine.tls !== undefined) say('tls', 'is for tcp:// only')
    if (kind !== 'ssh' && engine.ssh !== undefined) say('ssh', 'is for ssh:// only')
  })

const TLS_WANTED =
  'tcp:// needs a folder with ca.pem, cert.pem and key.pem; or false, which lets everybody on the way' +
  ' own that host'

/**
 * Engines that one agent watches, by name: the file that `ROADSTEAD_ENGINES` names. It is JSON, so that
 * the agent needs no further package beside the keys to so many hosts.
 */
export const EnginesFile = z.strictObject({
  engines: z
    .record(EngineName, Engine)
    .refine((all) => Object.keys(all).length > 0, 'must name one engine at least')
    .refine(
      (all) => Object.keys(all).length <= ENGINES_MAX,
      `must name at most ${ENGINES_MAX} engines`,
    ),
})
export type EnginesFile = z.infer<typeof EnginesFile>
export type NamedEngine = EnginesFile['engines'][string]

/** The file, or everything that is wrong with it, each with where it stands. */
export function readEnginesFile(
  text: string,
):
  | { readonly kind: 'engines'; readonly engines: EnginesFile['engines'] }
  | { readonly kind: 'problems'; readonly problems: readonly string[] } {
  const json = parsed(text)
  if (json.kind === 'no-json') return { kind: 'problems', problems: [json.why] }
  const read = EnginesFile.safeParse(json.value)
  if (read.success) return { kind: 'engines', engines: read.data.engines }
  return { kind: 'problems', problems: read.error.issues.map(problemOf) }
}

function problemOf(issue: z.core.$ZodIssue): string {
  const [inside] = issue.code === 'invalid_key' ? issue.issues : []
  const { message } = inside ?? issue
  return issue.path.length === 0 ? message : `${issue.path.map(String).join('.')}: ${message}`
}

function parsed(text: string) {
  try {
    const value: unknown = JSON.parse(text)
    return { kind: 'json', value } as const
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { kind: 'no-json', why: `is no JSON: ${why}` } as const
  }
}
