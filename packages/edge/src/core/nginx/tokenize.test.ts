import assert from 'node:assert/strict'
import { test } from 'node:test'
import { data, directive, entry, fixed } from './directive.ts'
import { print } from './print.ts'
import { readsAs, tokenize } from './tokenize.ts'

test('words, quotes, comments and blocks are read as nginx reads them', () => {
  assert.deepEqual(tokenize('a b; # c;\nd "e; f" {\n g \'h}\' ;\n}\n'), [
    { words: ['a', 'b'] },
    { words: ['d', 'e; f'], block: [{ words: ['g', 'h}'] }] },
  ])
})

for (const broken of ['a', 'a {', '}', 'a; }', ';', '{}', 'a "b;', 'a { b }', 'a{'.repeat(20)]) {
  test(`not well formed: ${broken.slice(0, 20)}`, () => assert.equal(tokenize(broken), undefined))
}

const tree = [
  directive('map', [fixed('$host'), fixed('$rs_upstream')], [entry(data('a.test'), data('u_1'))]),
  directive('server', [], [directive('return', [fixed('503'), fixed('not now.')])]),
]

test('a printed tree reads as itself, and as no other', () => {
  const text = print(tree)
  assert.ok(readsAs(text, tree))
  assert.ok(readsAs(`${text}# a comment\n`, tree))
  assert.ok(!readsAs(`${text}x;`, tree))
  assert.ok(!readsAs(text.replace('a.test', 'a.test x'), tree))
  assert.ok(!readsAs(text.replace('503', '404'), tree))
  assert.ok(!readsAs(text, tree.slice(1)))
})

test('no value with a meaning in the syntax becomes a word', () => {
  for (const bad of ['', 'a b', 'a;', '{', '}', '"', "'", '$x', '#', '\\', 'a\nb', '\u0000', 'ä']) {
    assert.throws(() => data(bad), /broken invariant/)
  }
})
