import type { TableMap } from './table.ts'

/**
 * A map that is never changed: `with` gives another one that shares all shards that stayed the same.
 * At 50,000 keys that copies some 200 entries where a plain map would copy all of them. The order of
 * its entries means nothing; whoever needs one sorts.
 */
export class ShardedMap<Key extends string, Value> implements TableMap<Key, Value> {
  readonly size: number
  readonly #shards: readonly ReadonlyMap<Key, Value>[]

  private constructor(shards: readonly ReadonlyMap<Key, Value>[], size: number) {
    this.#shards = shards
    this.size = size
  }

  static empty<Key extends string, Value>(): ShardedMap<Key, Value> {
    const none: ReadonlyMap<Key, Value> = new Map()
    return new ShardedMap(
      Array.from({ length: SHARDS }, () => none),
      0,
    )
  }

  get(key: Key): Value | undefined {
    return this.#shards[shardOf(key)]?.get(key)
  }

  has(key: Key): boolean {
    return this.#shards[shardOf(key)]?.has(key) ?? false
  }

  /** Sets the given keys, and deletes those whose value is undefined. */
  with(changes: Iterable<readonly [Key, Value | undefined]>): ShardedMap<Key, Value> {
    const copies = new Map<number, Map<Key, Value>>()
    let size = this.size
    for (const [key, value] of changes) {
      const index = shardOf(key)
      const shard = copies.get(index) ?? new Map(this.#shards[index])
      copies.set(index, shard)
      const before = shard.size
      if (value === undefined) shard.delete(key)
      else shard.set(key, value)
      size += shard.size - before
    }
    if (copies.size === 0) return this
    const shards = this.#shards.map((shard, index) => copies.get(index) ?? shard)
    return new ShardedMap(shards, size)
  }

  *keys(): Generator<Key> {
    for (const shard of this.#shards) yield* shard.keys()
  }

  *values(): Generator<Value> {
    for (const shard of this.#shards) yield* shard.values()
  }

  *[Symbol.iterator](): Generator<[Key, Value]> {
    for (const shard of this.#shards) yield* shard
  }
}

/** Few enough that copying the list of shards is nothing, and enough that copying one is little. */
const SHARDS = 256

function shardOf(key: string): number {
  let hash = 0
  for (let index = 0; index < key.length; index += 1) {
    hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0
  }
  return (hash ^ (hash >>> 16)) & (SHARDS - 1)
}
