import { hash } from 'node:crypto'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'

/** The platform's SHA-256, for everything on Node that needs a `Digest`. */
export const sha256: Digest = (text) => hash('sha256', text, 'hex')
