import { z } from 'zod'
import { RoadsteadError } from './roadstead-error.ts'

/** What a configuration may be read from: the process environment, or a test's own record. */
export type Environment = Readonly<Record<string, string | undefined>>

/** One variable: its schema (with its default), and what it means for people. */
export interface Variable<Value extends z.ZodType> {
  readonly variable: string
  readonly meaning: string
  readonly schema: Value
  /** May also come from a file named by `<variable>_FILE`, and is never printed. */
  readonly secret?: boolean
}

export type Variables = Readonly<Record<string, Variable<z.ZodType>>>
export type Values<Spec extends Variables> = {
  readonly [Key in keyof Spec]: z.output<Spec[Key]['schema']>
}

/**
 * Reads a configuration by its specification. All errors are reported together, by variable, so that
 * a person corrects them in one go. An empty string counts as not set.
 *
 * @param readFile reads the file named by a `_FILE` variable; throws when it cannot.
 * @throws RoadsteadError `bad-config` with one fact per bad variable.
 */
export function readConfig<Spec extends Variables>(
  spec: Spec,
  env: Environment,
  readFile: (path: string) => string,
): Values<Spec> {
  const problems: Record<string, string> = {}
  const entries = Object.entries(spec).map(([key, entry]) => {
    const raw = rawValue(entry, env, readFile, problems)
    const parsed = entry.schema.safeParse(raw)
    if (!parsed.success && problems[entry.variable] === undefined) {
      problems[entry.variable] = parsed.error.issues.map((issue) => issue.message).join('; ')
    }
    return [key, parsed.data] as const
  })
  if (Object.keys(problems).length > 0) throw new RoadsteadError('bad-config', problems)
  return fromEntries<Spec>(entries)
}

function rawValue(
  entry: Variable<z.ZodType>,
  env: Environment,
  readFile: (path: string) => string,
  problems: Record<string, string>,
): string | undefined {
  const direct = env[entry.variable] || undefined
  const fileVariable = `${entry.variable}_FILE`
  const path = entry.secret === true ? env[fileVariable] || undefined : undefined
  if (path === undefined) return direct
  if (direct !== undefined) {
    problems[entry.variable] = `set either ${entry.variable} or ${fileVariable}, not both`
    return direct
  }
  try {
    return readFile(path).trim()
  } catch {
    problems[entry.variable] = `${fileVariable} names ${path}, which cannot be read`
    return undefined
  }
}

function fromEntries<Spec extends Variables>(
  entries: readonly (readonly [string, unknown])[],
): Values<Spec> {
  // The one place where keys and values are joined by position; the loop above keeps them apart.
  // oxlint-disable-next-line typescript/consistent-type-assertions -- a mapped type from entries
  return Object.freeze(Object.fromEntries(entries)) as Values<Spec>
}

/** A path; no system takes a longer one. */
export const PathText = z.string().max(4_096, 'must be a path of at most 4096 characters')

export const LogLevelText = z.enum(
  ['error', 'warn', 'info', 'debug'],
  'must be error, warn, info or debug',
)

/** A TCP port in text, as everything in an environment is. */
export const PortText = z
  .string()
  .regex(/^[1-9][0-9]{0,4}$/, 'must be a port from 1 to 65535')
  .transform(Number)
  .refine((port) => port <= 65_535, 'must be a port from 1 to 65535')
