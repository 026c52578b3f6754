import { readPolicyText } from '../../packages/master/src/api/policy-text.ts'
import { type PolicyKey, policyKeys } from '../../packages/master/src/core/policy/policy-keys.ts'
import { POLICY_CHARACTERS_MAX } from '../../packages/shared/src/protocol/policy.ts'
import { code, page, table, type Page } from './page.ts'

const SOURCE =
  '[policy-keys.ts](../packages/master/src/core/policy/policy-keys.ts) and' +
  ' [document.ts](../packages/master/src/core/policy/document.ts)'

const EXAMPLE = `# Who may hold which names. What no entry allows is denied.
claims:
  - hosts: [web-1, web-2]
    domains: [shop.example.com, .shop.example.com]
  - hosts: [build-1]
    projects: [preview]
    domains: ["*.dev.example.com"]
  - hosts: [db-1]
    ports: [5432, "udp:6000-6010"]

# In which languages containers may ask.
dialects:
  order: [roadstead, traefik]
  hosts:
    build-1: [roadstead]
  entry-points: { postgres: 5432, dns: "udp:5353" }

# For routes whose labels say nothing of it.
defaults:
  body-size: 64m
  timeout: 2m
  compress: true
  kept-name: 30s

limits:
  routes-per-container: 8
  hosts:
    build-1: { routes: 50 }

# Names for containers that ask for nothing.
unlabelled:
  host: "{{service}}.{{project}}.dev.example.com"
  hosts: [build-1]
`

/** What is said before the keys of each section. */
const SECTIONS = {
  claims:
    'Without `claims` any host may hold any free plain name, and nobody a wildcard. Of several entries' +
    ' those decide that name the domain most closely: `shop.example.com` before `.example.com`, wherever' +
    ' they stand. Ports of the edges, which TCP and UDP routes hold, are granted in the same way: without' +
    ' `claims` any from 1024 on may be held but 4222, 7070 and 7071, where NATS and masters listen unless' +
    ' told otherwise. Who may not hold a name is told `claim-denied`; a name that is held by such a one' +
    ' already goes at once to whom it belongs.',
  dialects: 'What is not in the order is not read. [dialects.md](dialects.md) has the languages.',
  defaults:
    'What a label says counts more; what cannot be had together with it is left out for that route.',
  limits: 'They may be lower than what is usual, and for `routes` higher, but for the whole site.',
  unlabelled:
    'The name is asked for as if it stood in `roadstead.host`: it needs the same grant, and a port that' +
    ' is the only one exposed. A container that exposes none, or lacks a word of the name, gets none.',
}

export function policyPage(): Page {
  const reading = readPolicyText(EXAMPLE)
  if (reading.kind === 'faulty') throw new Error(JSON.stringify(reading.problems))
  return page('docs/policy.md', 'Policy', SOURCE, [
    'One YAML document says what the containers of a site may ask for. The leader keeps it as a decision,' +
      ' every master goes by it, and a change of leader changes nothing. It needs an admin to change it:',
    fenced(
      'sh',
      ['check', 'diff', 'apply'].map((verb) => `roadstead policy ${verb} policy.yaml`).join('\n'),
    ),
    '`check` names every line that is wrong, and what to write; `diff` says which routes and answers' +
      ' would change now; `apply` makes it the policy. `roadstead policy show` prints the one in force.',
    'A master that is given `ROADSTEAD_POLICY_FILE` imports that file when it starts or begins to lead and' +
      ' the text is new to it. What is applied later counts more, also over restarts.',
    fenced('yaml', EXAMPLE.trimEnd()),
    'Every key may be left out. A key that is not known is an error, as is a value of another form;' +
      ` aliases and tags of YAML are not read, and the text has at most ${POLICY_CHARACTERS_MAX}` +
      ' characters.',
    'A host is named by the name that it joined with, which belongs to the first that joined with it, or' +
      ' by its id. What an agent calls its host later is its own word and counts for nothing here.',
    ...Object.entries(SECTIONS).flatMap(([name, about]) => [
      `## ${code(name)}`,
      about,
      table(['Key', 'Form', 'Meaning'], rowsOf(name)),
    ]),
  ])
}

function rowsOf(section: string): string[][] {
  const isIn = ({ key }: PolicyKey) => key === section || /^[.[]/.test(key.slice(section.length))
  return policyKeys
    .filter((row) => row.key.startsWith(section) && isIn(row))
    .map(({ key, form, meaning }) => [code(key), form, meaning])
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``
}
