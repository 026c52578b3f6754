/**
 * What the running nginx looks up for every request, by key; in the live tier it is pushed into its
 * shared memory and needs no reload. Keys and values are printable ASCII without line ends.
 *
 * `d:<domain>`: the routes of a plain domain, as triples `<match> <path> <service>` joined by blanks,
 * the first that fits is taken; `match` is `=` for exact and `^` for a prefix. Behind it, each with a
 * comma before: `h=<seconds>` (HSTS), with `s` for subdomains and `p` for preload; `t=r` or `t=o`
 * (without TLS sent there, or refused); `c=<status>` (sent elsewhere), with `s=<scheme>`,
 * `d=<domain>`, `p=<port>` and `l=<path>` for what does not stay as it was asked.
 *
 * `s:<service id>`: options `<name>=<value>` and then endpoints, joined by blanks. Options, each left
 * out at its default: `b=lc`, `b=ip` or `b=ck` (balance; the last with `k=<cookie>`), `h=<ms>` (hold),
 * `c=<ms>` (connect), `r=<ms>` (read). An endpoint is `<address>:<port>` with `,w=<weight>`, `,b`
 * (backup), `,m=<requests at one time>` and `,i=<what the cookie says>` behind it when they apply.
 */
export type LiveEntries = ReadonlyMap<string, string>
export type LiveEntry = readonly [key: string, value: string]

export type LiveStep =
  | { readonly kind: 'set'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string }

/** Both halves of what runs: the file that nginx read last, and the entries in its memory. */
export interface RunningGeneration {
  readonly file: string
  /** Empty while a push is under way or was cut short: then only a whole one helps. */
  readonly live: string
}

export type Pushed =
  | { readonly kind: 'pushed' }
  /** What runs is not `from`: the steps would build on something else. Nothing was changed. */
  | { readonly kind: 'other-base' }
  /** The memory is full, or nginx did not take it; `detail` says which. */
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'unreachable' }

/** The door into the memory of the running nginx. Every call has a deadline of its own. */
export interface LiveTable {
  /** Takes the entries from `from` to `to`: the steps in this order, in chunks, then the name. */
  push(steps: readonly LiveStep[], from: string, to: string): Promise<Pushed>
  /** Everything anew, whatever was there; visitors see the old entries until all new ones are. */
  replace(entries: Iterable<LiveEntry>, to: string): Promise<Pushed>
  /**
   * Requests under way by endpoint (`<address>:<port>`), those of replaced workers too, without
   * upgraded connections. Undefined when nginx does not answer.
   *
   * @param asked of these alone; undefined for all, which costs as much as there are in use.
   */
  inFlight(asked: ReadonlySet<string> | undefined): Promise<ReadonlyMap<string, number> | undefined>
  /** Visitors who wait for an endpoint, over all services. Undefined when nginx does not answer. */
  waiting(): Promise<number | undefined>
  /** Whether answers to visitors ask them to open a new connection: on shortly before a reload. */
  setClosing(closing: boolean): Promise<boolean>
}
