const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BITS_PER_DIGIT = 5
const BITS_PER_BYTE = 8

/** Bytes of an nkey's text. The checksum at its end is returned too; callers cut what they need. */
export function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.floor((text.length * BITS_PER_DIGIT) / BITS_PER_BYTE))
  let [buffer, bits, length] = [0, 0, 0]
  for (const digit of text) {
    const value = ALPHABET.indexOf(digit)
    if (value < 0) throw new RangeError('not base32')
    buffer = ((buffer << BITS_PER_DIGIT) | value) & 0xffff
    bits += BITS_PER_DIGIT
    if (bits < BITS_PER_BYTE) continue
    bits -= BITS_PER_BYTE
    bytes[length++] = (buffer >>> bits) & 0xff
  }
  return bytes
}
