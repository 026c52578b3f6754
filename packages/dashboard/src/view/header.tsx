import type { StatusView } from '@roadstead/shared/protocol/http.ts'
import type { Connection } from '../core/connection.ts'
import { markOfConnection } from '../core/marks.ts'
import { MarkView } from './mark.tsx'

interface HeaderProps {
  readonly status: StatusView | undefined
  readonly connection: Connection
  readonly signOut: (() => Promise<void>) | undefined
}

export function Header({ status, connection, signOut }: HeaderProps) {
  return (
    <header class="top">
      <div class="brand">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <path d="M16 9v16M10 14h12M6 18c0 5 4 8 10 8s10-3 10-8" />
          <circle cx="16" cy="6" r="2.6" />
        </svg>
        <h1>Roadstead</h1>
        {status !== undefined && <span class="site">{status.site}</span>}
      </div>
      <div class="live" role="status">
        <MarkView mark={markOfConnection(connection)} />
      </div>
      {signOut !== undefined && (
        <button type="button" class="plain" onClick={() => void signOut()}>
          Sign out
        </button>
      )}
    </header>
  )
}
