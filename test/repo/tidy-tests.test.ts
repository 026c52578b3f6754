import { breachesIn, law } from './law.ts'
import { sourcesMatching } from './tree.ts'

const tests = sourcesMatching(/\.test\.ts$/, /^test\/repo\//)

law('every test is run, every time, once', () =>
  breachesIn(tests, [
    { pattern: /\b(test|it|describe|suite|t)\.(only|skip|todo)\b/, use: 'run it or delete it' },
    { pattern: /\b(only|skip|todo)\s*:\s*(?!false)/, use: 'run it or delete it' },
    { pattern: /\bt\.(skip|todo)\(/, use: 'run it or delete it' },
    { pattern: /\b(retry|retries|flaky)\w*/i, use: 'find out why it fails' },
  ]),
)

law('a test waits for what it waits for, never for a while', () =>
  breachesIn(tests, [
    { pattern: /(?<![.\w])setTimeout\s*\(/, use: 'use eventually, or a manual clock' },
    { pattern: /\bawait\s+(sleep|delay|wait|pause)\s*\(/, use: 'use eventually' },
    { pattern: /\bawait\s+\w*[cC]lock\.sleep\s*\(/, use: 'use eventually' },
  ]),
)

law('every test file holds a test', () =>
  tests
    .filter(({ code }) => !/\b(test|it|describe|law|suite)\s*\(/.test(code))
    .filter(({ code }) => !/\b\w*[cC]ontract\w*\s*\(/.test(code))
    .map(({ path }) => `${path}:1: a test file without tests is banned, delete it`),
)
