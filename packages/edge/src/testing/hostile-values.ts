import type { Random } from '@roadstead/shared/kernel/random.ts'

/** A value that is good, bad, or one small step from either. */
export function mutate(random: Random): string {
  const pick = <Item>(from: readonly Item[]): Item | undefined =>
    from[Math.floor(random.next() * from.length)]
  let value = pick(seeds) ?? ''
  for (let steps = Math.floor(random.next() * 4); steps > 0; steps -= 1) {
    const at = Math.floor(random.next() * (value.length + 1))
    const piece = random.next() < 0.5 ? (pick(pieces) ?? '') : anyCharacter(random)
    const cut = random.next() < 0.5 ? 1 : 0
    value = value.slice(0, at) + piece + value.slice(at + cut)
  }
  return random.next() < 0.1 ? value + value : value
}

function anyCharacter(random: Random): string {
  return String.fromCharCode(Math.floor(random.next() * (random.next() < 0.8 ? 128 : 65_536)))
}

const seeds = [
  'shop.test',
  'a.b.c.example',
  'xn--bcher-kva.test',
  '*.test',
  '~^shop',
  'localhost',
  '1.2.3.4',
  'shop.test;',
  'shop.test{',
  'shop.test\n',
  'shop.test\r',
  'shop.test\u0000',
  'shop .test',
  'shop.test}server{listen 1;',
  '"shop.test"',
  "'shop.test'",
  '$host',
  '${host}',
  'a#b.test',
  'SHOP.test',
  'shop..test',
  '.shop.test',
  'shop.test.',
  '-a.test',
  'a-.test',
  'xn--a.test',
  '/',
  '/api',
  '/api/',
  '/a/b/c',
  '//',
  '/..',
  '/a/../b',
  '/.',
  '/a b',
  '/a;b',
  '/a{b',
  '/a$b',
  '/a%2e%2e',
  '/a\\b',
  '/a"b',
  "/a'b",
  '/a#b',
  '/a?b',
  '/\u2028',
  '/a\u0085',
  '/a\u212a',
  '',
  '10.0.0.1',
  '256.1.1.1',
  '0x7f.1',
  '::1',
  'fe80::1%eth0',
  'fd00::1',
  '[::1]',
  'unix:/x',
  'u_0000000000000000',
  'u_',
  'u_000000000000000g',
  'default',
  'hostnames',
  'include',
  'volatile',
]
const pieces = [
  '\n',
  '\r\n',
  ';',
  '{',
  '}',
  '"',
  "'",
  '\\',
  '$',
  '#',
  ' ',
  '\t',
  '\u0000',
  '..',
  '/',
  '~',
]
