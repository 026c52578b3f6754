import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

interface Listener {
  listen(options: { readonly host: string; readonly port: number }): Promise<string>
}

export interface ListenPlace {
  readonly host: string
  readonly port: number
  /** Where a person chooses another port. */
  readonly variable: string
}

/** @throws RoadsteadError `port-busy` when somebody else listens there */
export async function listen(server: Listener, place: ListenPlace): Promise<void> {
  const { host, port, variable } = place
  try {
    await server.listen({ host, port })
  } catch (error) {
    const isBusy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!isBusy) throw error
    throw new RoadsteadError('port-busy', { host, port, variable }, { cause: error })
  }
}
