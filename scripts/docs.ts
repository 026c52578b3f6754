/** Writes the pages of docs/ that are made from tables in code. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { madePages } from './docs/pages.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

for (const page of await madePages()) {
  const file = path.join(ROOT, page.path)
  if (before(file) === page.text) continue
  writeFileSync(file, page.text)
  process.stdout.write(`${page.path} is new\n`)
}

function before(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
