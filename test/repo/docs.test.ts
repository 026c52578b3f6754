import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { madePages } from '../../scripts/docs/pages.ts'
import { law } from './law.ts'
import { filesMatching, read, ROOT } from './tree.ts'

const documents = filesMatching(/\.md$/).map((file) => ({ file, text: withoutCode(read(file)) }))

test('pages that are made from code are current', async () => {
  const pages = await madePages()
  const stale = pages.filter(({ path: file, text }) => {
    return !existsSync(path.join(ROOT, file)) || read(file) !== text
  })
  const names = stale.map((page) => `${page.path}:1: is not current, run npm run docs`)
  assert.ok(stale.length === 0, `\n${names.join('\n')}\n`)
})

law('every document has one title, at its top', () =>
  documents.flatMap(({ file, text }) => {
    const titles = text.split('\n').filter((line) => /^# \S/.test(line))
    if (titles.length === 1 && text.startsWith('# ')) return []
    return [`${file}:1: ${titles.length} titles are banned, use one, in the first line`]
  }),
)

law('every link inside the repository leads somewhere', () =>
  documents.flatMap(({ file, text }) =>
    linksOf(text).flatMap(({ target, line }) => {
      const problem = problemOf(file, target)
      return problem === undefined ? [] : [`${file}:${line}: ${target} is broken: ${problem}`]
    }),
  ),
)

law('every decision names its status and what would change our mind', () =>
  documents
    .filter(({ file }) => /^docs\/adr\/\d{4}-/.test(file))
    .flatMap(({ file, text }) => {
      const wanted: readonly (readonly [string, RegExp])[] = [
        ['"Status: …"', /^Status: /m],
        ['"## Context"', /^## Context$/m],
        ['"## Decision"', /^## Decision$/m],
        ['"## Consequences"', /^## Consequences$/m],
        ['"## What would change our mind"', /^## What would change our mind$/m],
      ]
      const missing = wanted.filter(([, pattern]) => !pattern.test(text))
      return missing.map(([name]) => `${file}:1: add ${name}`)
    }),
)

function linksOf(text: string): { target: string; line: number }[] {
  return text
    .split('\n')
    .flatMap((content, index) =>
      [...content.matchAll(/\]\(([^()\s]+(?:\([^()]*\)[^()\s]*)?)\)/g)]
        .map((found) => ({ target: found[1] ?? '', line: index + 1 }))
        .filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target)),
    )
}

function problemOf(file: string, target: string): string | undefined {
  const [place = '', anchor] = target.split('#')
  const found = place === '' ? file : path.posix.join(path.posix.dirname(file), place)
  if (found.startsWith('..')) return 'it leaves the repository'
  if (!existsSync(path.join(ROOT, found))) return 'no such file'
  if (anchor === undefined || statSync(path.join(ROOT, found)).isDirectory()) return undefined
  if (!found.endsWith('.md') || anchorsOf(found).has(anchor)) return undefined
  return 'no such heading'
}

/** Headings as GitHub turns them into anchors. */
function anchorsOf(file: string): Set<string> {
  const headings = withoutCode(read(file)).matchAll(/^#+ +(.+)$/gm)
  return new Set(
    [...headings].map((found) =>
      (found[1] ?? '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  )
}

/** Code blocks show other people's Markdown and shell comments. */
function withoutCode(text: string): string {
  return text.replace(/^(```|~~~)[^]*?^\1$/gm, (block) => block.replace(/[^\n]/g, ''))
}
