import { z } from 'zod'
import { code, page, table, type Page } from './page.ts'
import { entriesOf, modulesAt, type Found } from './tables-by-package.ts'

/** A table of variables as `readConfig` takes it. */
const Variables = z.record(
  z.string(),
  z.object({
    variable: z.string(),
    meaning: z.string(),
    schema: z.instanceof(z.ZodType),
    secret: z.boolean().optional(),
  }),
)

const HEADS = ['Variable', 'Default', 'Meaning']

export async function configPage(): Promise<Page> {
  const found = await modulesAt('packages/*/src/config.ts')
  const parts = found.flatMap((it) => sectionOf(it))
  return page('docs/config.md', 'Configuration', 'the `config.ts` of each package', [
    'Every process reads its environment once, when it starts, and reports all errors together.' +
      ' A variable that is marked *secret* may also come from a file: `NAME_FILE` names it. An' +
      ' empty value counts as none.',
    ...parts,
  ])
}

function sectionOf({ packageName, file, exports }: Found): string[] {
  const rows = exports
    .flatMap((it) => entriesOf(it, Variables))
    .map(({ variable, meaning, schema, secret }) => [
      code(variable),
      defaultOf(schema),
      secret === true ? `${meaning} *Secret.*` : meaning,
    ])
  if (rows.length === 0) return []
  return [`## ${packageName}`, `From [config.ts](../${file}).`, table(HEADS, rows)]
}

function defaultOf(schema: z.ZodType): string {
  const parsed = schema.safeParse(undefined)
  if (!parsed.success) return 'must be set'
  const value = declaredDefault(schema) ?? parsed.data
  return typeof value === 'string' || typeof value === 'number' ? code(String(value)) : ''
}

/** As written: what a transformation makes of it may depend on the machine. */
function declaredDefault(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault) return schema.def.defaultValue
  if (schema instanceof z.ZodPipe) return declaredDefault(schema.def.in)
  return undefined
}
