export interface ImportFacts {
  readonly leads: boolean
  /** Digest of the text in the file. */
  readonly file: string
  /** Digest of the policy that the site has; undefined: none. */
  readonly inForce: string | undefined
  /** Digest of the text that any master imported last. */
  readonly imported: string | undefined
  /** Digest of the text of the file that this master last imported, or found in force. */
  readonly taken: string | undefined
}

/**
 * `note`: the site goes by it, which is remembered. `import`: it is new. `superseded`: it was taken
 * once, and somebody has changed the policy since.
 */
export type ImportStep = 'none' | 'note' | 'import' | 'superseded'

/**
 * What becomes of a policy file when its master has looked at it. A file speaks when it is new to its
 * master, and never again: a restart must not take back what a person applied since, and two masters
 * with two files must not take turns at every failover.
 */
export function planImport({ file, imported, inForce, leads, taken }: ImportFacts): ImportStep {
  if (file === inForce) return file === taken ? 'none' : 'note'
  if (file === taken || file === imported) return 'superseded'
  return leads ? 'import' : 'none'
}
