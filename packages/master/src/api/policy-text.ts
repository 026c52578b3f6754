import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import { z } from 'zod'
import type { PolicyProblem } from '@roadstead/shared/protocol/policy.ts'
import type { PolicyDocument } from '../core/policy/document.ts'
import {
  pathText,
  type PolicyFault,
  type PolicyPath,
  readDocument,
} from '../core/policy/problems.ts'

export type PolicyTextReading =
  | {
      readonly kind: 'read'
      /** As YAML has it; what the decision carries. */
      readonly value: z.infer<typeof JsonRecord>
      readonly document: PolicyDocument
      /** Where a fault that is found later stands. */
      readonly place: (fault: PolicyFault) => PolicyProblem
    }
  | { readonly kind: 'faulty'; readonly problems: readonly PolicyProblem[] }

/**
 * Reads the text of a policy. YAML is taken without what makes it surprising: no aliases, no tags, no
 * merging, no key twice; and everything that is wrong is told with its line and column.
 */
export function readPolicyText(text: string): PolicyTextReading {
  const lines = new LineCounter()
  const parsed = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    version: '1.2',
    prettyErrors: false,
    uniqueKeys: true,
  })
  const broken = [...aliases(parsed, lines), ...parsed.errors.map((each) => fromYaml(each, lines))]
  if (broken.length > 0) return { kind: 'faulty', problems: broken.slice(0, PROBLEMS_MAX) }
  const place = (fault: PolicyFault): PolicyProblem => placed(fault, parsed, lines)
  const value: unknown = parsed.contents === null ? {} : parsed.toJS()
  const reading = readDocument(value)
  if (reading.kind === 'faulty') {
    return { kind: 'faulty', problems: inOrder(reading.faults.map(place)) }
  }
  return { kind: 'read', value: JsonRecord.parse(value), document: reading.document, place }
}

const JsonRecord = z.record(z.string(), z.json())

const PROBLEMS_MAX = 100

export function inOrder(problems: readonly PolicyProblem[]): PolicyProblem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column)
}

function aliases(parsed: Document, lines: LineCounter): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  visit(parsed, {
    Alias: (_key, node) => {
      const what = `Names that begin with "*" need quotes. Write "*${node.source}".`
      problems.push({ ...at(node.range?.[0] ?? 0, lines), key: '', what })
    },
    Node: (_key, node) => {
      if (isAlias(node) || node.tag === undefined || !isTagged(node)) return
      const what = 'Tags are not read. Leave out what begins with "!".'
      problems.push({ ...at(node.range?.[0] ?? 0, lines), key: '', what })
    },
  })
  return problems
}

/** What the core schema gives its own values is no word of whoever wrote them. */
function isTagged(node: Node): boolean {
  return node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')
}

function fromYaml({ code, message, pos }: YAMLError, lines: LineCounter): PolicyProblem {
  const advice = ADVICE[code] ?? 'Put values with signs such as { } * & ! : in quotes.'
  const said = message.split('\n')[0] ?? ''
  const what = `This is no YAML: ${said}${said.endsWith('.') ? '' : '.'} ${advice}`
  return { ...at(pos[0], lines), key: '', what }
}

const ADVICE: Partial<Record<YAMLError['code'], string>> = {
  DUPLICATE_KEY: 'Bring both together under one key.',
  MULTIPLE_DOCS: 'Leave out the "---" between them.',
  TAB_AS_INDENT: 'Use blanks.',
  BAD_INDENT: 'Let keys that belong together begin in one column.',
}

/** At the key for what is unknown, at the value for what is wrong, else at what stands around it. */
function placed(
  { path, what, isKey }: PolicyFault,
  parsed: Document,
  lines: LineCounter,
): PolicyProblem {
  const key = pathText(path)
  for (let length = path.length; length > 0; length -= 1) {
    const offset = offsetOf(parsed, path.slice(0, length), isKey === true)
    if (offset !== undefined) return { ...at(offset, lines), key, what }
  }
  return { ...at(0, lines), key, what }
}

function offsetOf(parsed: Document, path: PolicyPath, isKey: boolean): number | undefined {
  const parent: unknown =
    path.length === 1 ? parsed.contents : parsed.getIn(path.slice(0, -1), true)
  const last = path.at(-1)
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === last)
    return startOf(isScalar(pair?.value) && !isKey ? pair.value : pair?.key)
  }
  return startOf(parsed.getIn(path, true))
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

function at(offset: number, lines: LineCounter): Pick<PolicyProblem, 'line' | 'column'> {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}
