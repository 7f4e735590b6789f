/** The identity headers of a request, as received and decoded. */

import { headerText, type ReceivedHeaders } from '../native/arrival.ts'

/** Every header name the gateway manages begins so. */
const MANAGED = /^x-(?:user|auth)-/

export interface Caller {
  readonly userId: string
  readonly userName: string
  readonly headers: Readonly<Record<string, string>>
}

export function whoCalls(received: ReceivedHeaders): Caller {
  const headers = Object.fromEntries(
    Object.keys(received)
      .filter((name) => MANAGED.test(name))
      .map((name): [string, string] => [name, headerText(received, name)]),
  )
  return {
    userId: decode(headers['x-user-id'] ?? ''),
    userName: decode(headers['x-user-name'] ?? ''),
    headers,
  }
}

/** What the gateway found in the access token, which it keeps to itself. */
export interface GatewayIdentity {
  readonly userId: string
  readonly userName: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly grantId: string
  readonly tokenId: string
  /** Epoch seconds; NaN when it is not said. */
  readonly expiresAt: number
}

/** Undefined when no gateway is in front: it always says who calls. */
export function gatewayIdentity(received: ReceivedHeaders): GatewayIdentity | undefined {
  const { userId, userName, headers } = whoCalls(received)
  if (userId === '') return undefined
  return {
    userId,
    userName,
    clientId: headers['x-auth-client'] ?? '',
    scopes: (headers['x-auth-scopes'] ?? '').split(' ').filter((scope) => scope !== ''),
    grantId: headers['x-auth-grant'] ?? '',
    tokenId: headers['x-auth-token-id'] ?? '',
    expiresAt: Number.parseInt(headers['x-auth-expires'] ?? '', 10),
  }
}

/** UTF-8, percent-encoded; shown as it is when it is not. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
