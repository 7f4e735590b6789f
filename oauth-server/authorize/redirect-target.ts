/**
 * Where a browser may be sent: a value that only this file can make, from what a client registered.
 *
 * RFC 9700 section 4.1.3: simple string comparison, save the port of a loopback URI, which a native
 * application learns only when it starts (RFC 8252 section 7.3). Clients use `localhost` for it too.
 */

import type { Client } from '../clients/client.ts'
import { parseLoopback } from '../clients/redirect-uri.ts'

class Target {
  /** Makes the type nominal: no object literal is a redirect target. */
  readonly #uri: string

  constructor(uri: string) {
    this.#uri = uri
  }

  get uri(): string {
    return this.#uri
  }
}

export type RedirectTarget = Target

/** An absent URI means the registered one, if there is exactly one (RFC 6749 section 3.1.2.3). */
export function resolveRedirectTarget(
  { redirectUris }: Pick<Client, 'redirectUris'>,
  requested: string | undefined,
): RedirectTarget | undefined {
  const uri = requested ?? (redirectUris.length === 1 ? redirectUris[0] : undefined)
  if (uri === undefined) return undefined
  const isRegistered = redirectUris.some(
    (registered) => registered === uri || differsInPortOnly(registered, uri),
  )
  return isRegistered ? new Target(uri) : undefined
}

function differsInPortOnly(registered: string, requested: string): boolean {
  const left = parseLoopback(registered)
  const right = parseLoopback(requested)
  return left !== undefined && left.host === right?.host && left.rest === right.rest
}
