/** How a cell is to be read at a glance; colour only repeats what the text says. */
export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'dim'

export interface Cell {
  readonly text: string
  readonly tone: Tone
}

export const plain = (text: string): Cell => ({ text, tone: 'plain' })
export const toned = (text: string, tone: Tone): Cell => ({ text, tone })

/** Anything a terminal would act on, or that would reorder what a person reads. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u
const ELLIPSIS = '…'

/**
 * Text from a label, a name or a server, made safe for a terminal: control characters become
 * visible escapes, so no container can move the cursor of whoever lists it.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0) ?? 0
    return code > 0xff ? `\\u{${code.toString(16)}}` : `\\x${code.toString(16).padStart(2, '0')}`
  })
}

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text) width += WIDE.test(char) ? 2 : 1
  return width
}

/** The text, or as much of it as fits, ended by "…". */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let used = 1
  for (const char of text) {
    used += widthOf(char)
    if (used > width) break
    kept += char
  }
  return kept + ELLIPSIS
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

const CODES: Record<Tone, string> = { plain: '', good: '32', warn: '33', bad: '31', dim: '2' }

export function paint(text: string, tone: Tone, colour: boolean): string {
  const code = CODES[tone]
  return colour && code !== '' ? `\u001b[${code}m${text}\u001b[0m` : text
}
