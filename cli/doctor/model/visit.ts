/** One walk as one client: who it is, where it goes, what it has found out, and what it leaves behind. */

import type { Http } from '../wire/http.ts'
import type { ClientProfile } from './client-profile.ts'
import type { AuthorizationRequest, Facts } from './facts.ts'

export interface ToolWish {
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** Brings a login about; undefined where there is nobody to. @throws CliError where it fails. */
export type LogIn = (request: AuthorizationRequest) => Promise<URLSearchParams>

export interface Visit {
  /** Of the MCP server. */
  readonly url: string
  readonly client: ClientProfile
  readonly http: Http
  /** PEM, trusted beside those that this program trusts anyway. */
  readonly authorities: readonly string[]
  readonly facts: Facts
  /** Stands for `{port}` in the client's addresses. */
  readonly port: number
  /** Of the web page that a client is, where it is one. */
  readonly origin: string
  /** Undefined without a login; `why` says so then. */
  readonly logIn: LogIn | undefined
  readonly whyNoLogin: string
  /** Whether `logIn` works without a person, and so as often as it is needed. */
  readonly logsInByItself: boolean
  readonly tool: ToolWish | undefined
  /** Days before its end from which on a certificate is near it. */
  readonly days: number
  /** The MCP server lets everybody in. */
  readonly isOpen: boolean
  /** What is never to be shown. */
  readonly secrets: Set<string>
  /** Ids of clients that were registered, and that the server gives no way to delete. */
  readonly stays: Set<string>
  /** What is to be ended though the check that does so is not reached: by what it is, in order. */
  readonly leftBehind: Map<string, () => Promise<unknown>>
}

/** Of each request of the client itself; a browser adds where its page is from. */
export function headersOf({
  client,
  origin,
}: Pick<Visit, 'client' | 'origin'>): Record<string, string> {
  return { ...client.headers, ...(client.isWebPage === true && { origin }) }
}

/** With the port of this visit. */
export function withPort(visit: Pick<Visit, 'port'>, address: string): string {
  return address.replaceAll('{port}', String(visit.port))
}

/** Remembers it as secret. */
export function keepSecret({ secrets }: Visit, value: string): string {
  if (value !== '') secrets.add(value)
  return value
}
