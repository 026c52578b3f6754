/** What a code says to people; see `reasonTable`. */
export interface ReasonEntry {
  readonly state: 'routed' | 'waiting' | 'refused'
  readonly summary: string
  readonly remedy: string
}
