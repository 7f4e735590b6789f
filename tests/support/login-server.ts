/** A resource and its authorization server in one, of the kind that small projects write: what it can do is told. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody, serveHttp } from './remote-servers.ts'

export interface LoginServerOptions {
  /** Whether registrations can be managed (RFC 7592). */
  readonly isManaged?: boolean
  /** Whether it says that it knows S256 (RFC 8414). */
  readonly knowsPkce?: boolean
  /** What its device answers hold beside what they must. */
  readonly device?: Readonly<Record<string, unknown>>
}

export interface LoginServer {
  /** Of the resource. */
  readonly url: string
  /** Of each registration, in turn. */
  readonly registered: readonly string[]
  /** What was asked for at the authorization endpoint. */
  readonly authorized: readonly URLSearchParams[]
  /** Ids of clients for which a registration was asked to be deleted. */
  readonly deleted: readonly string[]
  /** With which status questions about a registration are answered. */
  management: number
  /** How the next polls of a device end: a status, or the connection. */
  readonly polls: ('pending' | 'cut')[]
  stop(): Promise<void>
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** Whoever opens the authorization page has approved; every token is `token`. */
export async function startLoginServer(options: LoginServerOptions = {}): Promise<LoginServer> {
  const { isManaged = false, knowsPkce = true, device } = options
  const state = {
    registered: [] as string[],
    authorized: [] as URLSearchParams[],
    deleted: [] as string[],
    management: 200,
    polls: [] as ('pending' | 'cut')[],
  }
  const origin = (request: IncomingMessage): string => `http://${request.headers.host}`
  const json = (response: ServerResponse, body: object, status = 200): void => {
    response.writeHead(status, JSON_TYPE).end(JSON.stringify(body))
  }

  function describe(request: IncomingMessage, response: ServerResponse): void {
    const issuer = origin(request)
    json(response, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      ...(device !== undefined && { device_authorization_endpoint: `${issuer}/device` }),
      response_types_supported: ['code'],
      ...(knowsPkce && { code_challenge_methods_supported: ['S256'] }),
      token_endpoint_auth_methods_supported: ['none'],
    })
  }

  async function register(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = JSON.parse(await readBody(request)) as object
    const client_id = randomUUID()
    state.registered.push(client_id)
    const management = {
      registration_client_uri: `${origin(request)}/register/${client_id}`,
      registration_access_token: 'manage',
    }
    json(response, { ...asked, client_id, ...(isManaged && management) }, 201)
  }

  function authorize({ searchParams }: URL, response: ServerResponse): void {
    state.authorized.push(searchParams)
    const back = new URL(searchParams.get('redirect_uri') ?? '')
    back.search = new URLSearchParams({
      code: 'code',
      state: searchParams.get('state') ?? '',
    }).toString()
    response.writeHead(302, { location: back.href }).end()
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await readBody(request))
    const poll = form.has('device_code') ? state.polls.shift() : undefined
    if (poll === 'cut') request.socket.destroy()
    else if (poll === 'pending') json(response, { error: 'authorization_pending' }, 400)
    else json(response, { access_token: 'token', token_type: 'Bearer', expires_in: 3600 })
  }

  function manage(request: IncomingMessage, response: ServerResponse, client_id: string): void {
    if (request.method === 'DELETE') state.deleted.push(client_id)
    json(response, { client_id }, state.management)
  }

  const places: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse, url: URL) => unknown>
  > = {
    '/.well-known/oauth-authorization-server': describe,
    '/register': register,
    '/authorize': (_, response, url) => authorize(url, response),
    '/token': token,
    '/device': (_, response) => json(response, device ?? {}),
    '/mcp': (_, response) => response.writeHead(401).end(),
  }
  const served = await serveHttp(async (request, response) => {
    const url = new URL(request.url ?? '/', origin(request))
    const [, client] = /^\/register\/(.+)$/.exec(url.pathname) ?? []
    if (client !== undefined) manage(request, response, client)
    else if (places[url.pathname] === undefined) response.writeHead(404).end()
    else await places[url.pathname]?.(request, response, url)
  })
  return Object.assign(state, { url: served.url, stop: served.stop })
}
