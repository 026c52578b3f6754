/** An answer that is not a success, as the engine words it: `{"message": …}` with a status. */
export class Problem extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'Problem'
    this.status = status
  }
}
