/** How a request for a session ended. */
export type SignIn =
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unreachable' }

/** What proves who somebody is: a one-time code of a link, or an API token. */
export type Credential = { readonly code: string } | { readonly token: string }
