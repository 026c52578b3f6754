import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blank } from './blank.ts'

const CASES: readonly (readonly [string, string])[] = [
  [`const a = 'await' // await`, `const a = '     '         `],
  [`/* a\nb */ x`, `    \n     x`],
  [`"it's" + y`, `"    " + y`],
  [`'a\\'b' + c`, `'    ' + c`],
  ['`a ${b} c` + d', '`   {b}  ` + d'],
  ['`${f({ a: `x` })} y`', '` {f({ a: ` ` })}  `'],
  [`s.replace(/'/g, x)`, `s.replace(/ /g, x)`],
  [`a / b / c`, `a / b / c`],
  [`[/[/']/, z]`, `[/    /, z]`],
  ['`a $ b` + c', '`     ` + c'],
]

test('only code is left of a source, each character at its old place', () => {
  for (const [text, code] of CASES) assert.equal(blank(text), code)
})
