import type { Signal } from '@preact/signals'
import type { Connection } from '../core/connection.ts'
import type { Feed } from '../core/reduce.ts'
import type { Credential } from '../core/sign-in.ts'
import type { ReadPast } from './events.tsx'
import { Header } from './header.tsx'
import { Banner, Page } from './page.tsx'
import { SignIn } from './sign-in.tsx'
import type { StockAsker } from './stock.tsx'

interface AppProps {
  readonly feed: Signal<Feed>
  readonly connection: Signal<Connection>
  readonly signIn: (credential: Credential) => Promise<string>
  readonly signOut: () => Promise<void>
  readonly ask: StockAsker
  readonly readPast: ReadPast
}

export function App({ feed, connection, signIn, signOut, ask, readPast }: AppProps) {
  const { data, elsewhere } = feed.value
  const now = connection.value
  if (now.kind === 'signed-out') {
    return (
      <>
        <Header status={undefined} connection={now} signOut={undefined} />
        <SignIn why={now.why} signIn={signIn} />
      </>
    )
  }
  return (
    <>
      <Header status={data?.status} connection={now} signOut={signOut} />
      {data === undefined ? (
        <main class="waiting">
          <Banner connection={now} elsewhere={elsewhere} />
          <p>Waiting for the first word of the master…</p>
        </main>
      ) : (
        <Page data={data} connection={now} elsewhere={elsewhere} ask={ask} readPast={readPast} />
      )}
    </>
  )
}
