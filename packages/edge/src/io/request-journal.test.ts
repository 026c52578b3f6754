import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROUTE_COUNTS } from '../core/requests/counts.ts'
import { RequestJournal } from './request-journal.ts'

/** What the Lua does with pages, in TypeScript. */
class Memory {
  readonly #pages = new Map<number, number>()
  #last = 0
  readonly born: string
  lost = 0

  constructor(born: string) {
    this.born = born
  }

  write(requests: number): void {
    this.#last += 1
    this.#pages.set(this.#last, requests)
  }

  get kept(): number {
    return this.#pages.size
  }

  read(from: string, atOnce = 2): string {
    const [born, ...places] = from.split(' ')
    const [told = 0, read = 0] = born === this.born ? places.map(Number) : [0, 0]
    for (const number of this.#pages.keys()) if (number <= told) this.#pages.delete(number)
    const wanted = [...this.#pages].filter(([number]) => number > read).slice(0, atOnce)
    const last = wanted.at(-1)?.[0] ?? read
    const rest = Array.from({ length: ROUTE_COUNTS - 1 }, () => 0)
    const lines = wanted.map(([, count]) => `r ${[count, ...rest].join(',')} a\n`).join('')
    return `${this.born} ${last} ${last < this.#last ? 1 : 0} ${this.lost}\n${lines}end\n`
  }
}

async function take(journal: RequestJournal): Promise<number> {
  const taken = await journal.take()
  return taken?.tally.routes.get('a')?.[0] ?? 0
}

test('every page is taken once, and goes only when its counts have been told', async () => {
  const memory = new Memory('1')
  const journal = new RequestJournal(async (from) => memory.read(from))
  for (const count of [1, 2, 4, 8, 16]) memory.write(count)
  assert.equal(await take(journal), 31)
  assert.equal(await take(journal), 0)
  assert.equal(memory.kept, 5)
  journal.told()
  memory.write(32)
  assert.equal(await take(journal), 32)
  assert.equal(memory.kept, 1)
})

test('whoever follows takes what has not been told', async () => {
  const memory = new Memory('1')
  const first = new RequestJournal(async (from) => memory.read(from))
  memory.write(5)
  await first.take()
  first.told()
  memory.write(7)
  await first.take()
  assert.equal(await take(new RequestJournal(async (from) => memory.read(from))), 7)
})

test('a nginx that was started anew is read from its beginning', async () => {
  let memory = new Memory('1')
  const journal = new RequestJournal(async (from) => memory.read(from))
  memory.write(5)
  memory.lost = 9
  assert.equal((await journal.take())?.lost, 9)
  journal.told()
  memory = new Memory('2')
  memory.write(3)
  memory.lost = 4
  const taken = await journal.take()
  assert.deepEqual([taken?.tally.routes.get('a')?.[0], taken?.lost], [3, 4])
})

test('while nginx does not answer nothing is taken and nothing forgotten', async () => {
  const memory = new Memory('1')
  let answers = false
  const journal = new RequestJournal(async (from) => (answers ? memory.read(from) : undefined))
  memory.write(5)
  assert.equal(await journal.take(), undefined)
  answers = true
  assert.equal(await take(journal), 5)
})
