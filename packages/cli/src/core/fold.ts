import { widthOf } from './cell.ts'

/** A sentence as lines of this width, broken at blanks; a word that is longer stays whole. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) {
      lines[lines.length - 1] = `${last} ${word}`
    } else {
      lines.push(word)
    }
  }
  return lines
}

/** The same with a mark before the first line and blanks before the others. */
export function foldAfter(mark: string, indent: number, text: string, width: number): string[] {
  return fold(text, width - indent).map((line, at) =>
    at === 0 ? `${mark}${line}` : `${' '.repeat(indent)}${line}`,
  )
}
