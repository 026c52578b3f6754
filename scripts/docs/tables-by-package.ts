import { globSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** What a module exports, with the package it belongs to. */
export interface Found {
  readonly packageName: string
  /** In the repository. */
  readonly file: string
  readonly exports: readonly unknown[]
}

/**
 * Loads every module of a given place in any package. Pages are made of what such modules export,
 * by its shape, so a new package is documented without being named anywhere.
 */
export async function modulesAt(pattern: string): Promise<Found[]> {
  const files = globSync(pattern, { cwd: ROOT }).sort()
  return Promise.all(
    files.map(async (file) => {
      const module: unknown = await import(path.join(ROOT, file))
      const packageName = file.split('/')[1] ?? ''
      return { packageName, file, exports: Object.values(Object(module)) }
    }),
  )
}

/** The entries of an export that is a table of that shape; none of any other. */
export function entriesOf<Entry extends z.ZodType>(
  value: unknown,
  shape: z.ZodRecord<z.ZodString, Entry>,
): z.output<Entry>[] {
  const parsed = shape.safeParse(value)
  return parsed.success ? Object.values(parsed.data) : []
}
