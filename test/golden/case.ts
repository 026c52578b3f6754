/**
 * Golden files are for reading. Each is a list of cases: a title, some prose, what is there, and
 * after the rules what becomes of it. Only the parts after the rules are written by a program:
 *
 *     ==== a title
 *     prose, up to an empty line
 *
 *     host alpha at 192.0.2.1
 *       container web
 *         roadstead.host = a.example
 *     ----
 *     verdicts
 *     ----
 *     tables
 */
export interface GoldenCase {
  readonly title: string
  readonly prose: string
  readonly input: string
  readonly verdicts: string
  readonly tables: string
}

export interface GoldenFile {
  readonly intro: string
  readonly cases: readonly GoldenCase[]
}

const TITLE = '==== '
const RULE = '\n----\n'

export function parseGolden(text: string): GoldenFile {
  const [intro = '', ...blocks] = `\n${text}`.split(`\n${TITLE}`)
  return { intro: intro.trim(), cases: blocks.map(parseCase) }
}

export function formatGolden({ intro, cases }: GoldenFile): string {
  const blocks = cases.map(({ title, prose, input, verdicts, tables }) => {
    const body = [input, verdicts, tables].join(RULE)
    return `${TITLE}${title}\n${prose}\n\n${body}\n`
  })
  return `${intro}\n\n${blocks.join('\n')}`
}

function parseCase(block: string): GoldenCase {
  const [head = '', verdicts = '', tables = ''] = block.split(RULE)
  const gap = head.indexOf('\n\n')
  const [title = '', ...prose] = head.slice(0, gap).split('\n')
  return {
    title,
    prose: prose.join('\n'),
    input: head.slice(gap).trim(),
    verdicts: verdicts.trimEnd(),
    tables: tables.trimEnd(),
  }
}
