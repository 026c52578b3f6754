/** One file of an archive. */
export interface TarEntry {
  readonly path: string
  readonly content: Buffer
  readonly mode: number
  /** Set for a symbolic link: where it leads. */
  readonly link?: string
}

const BLOCK = 512

/** A tar archive (ustar) with no dates, owners or order of its own: equal files, equal bytes. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const sorted = entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const parts = sorted.flatMap((entry) => [
    header(entry),
    entry.content,
    Buffer.alloc((BLOCK - (entry.content.length % BLOCK)) % BLOCK),
  ])
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

function header({ path, content, mode, link }: TarEntry): Buffer {
  const block = Buffer.alloc(BLOCK)
  const fileType = path.endsWith('/') ? '5' : '0'
  block.write(path, 0, 100)
  writeOctal(block, mode, 100, 8)
  writeOctal(block, 0, 108, 8)
  writeOctal(block, 0, 116, 8)
  writeOctal(block, content.length, 124, 12)
  writeOctal(block, 0, 136, 12)
  block.write(link === undefined ? fileType : '2', 156)
  block.write(link ?? '', 157, 100)
  block.write('ustar\x0000', 257, 'latin1')
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function writeOctal(block: Buffer, value: number, at: number, length: number): void {
  block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
}
