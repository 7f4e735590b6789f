/**
 * The requests of each operation. A supply is made outside of the measured part; a round ends early when its
 * supply is used up.
 */

import { type Answer, formatRequest, openLoad, type Supply } from './load.ts'
import {
  type AuthorizationServer,
  HOST,
  type IssuedCode,
  REDIRECT_URI,
  type RegisteredClient,
  toRegistration,
} from './server.ts'

export interface Scale {
  readonly connections: number
  /** How many requests a round may use up at most. */
  readonly requests: number
}

/** That are asked about again and again. */
export const WARM_TOKENS = 100
/** Refresh tokens that take turns on one connection, so that grants are many. */
const CHAINS_PER_CONNECTION = 16

export async function exchangeSupply(
  server: AuthorizationServer,
  requests: number,
): Promise<Supply> {
  const codes = await server.issueCodes(server.app, requests)
  return {
    next: inTurn(codes.map((code) => exchangeRequest(server, server.app, code))),
    accept: isTokenPair,
  }
}

function exchangeRequest(
  { metadata }: AuthorizationServer,
  client: RegisteredClient,
  { code, verifier }: IssuedCode,
): string {
  return formRequest(metadata.token, client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
  })
}

export async function refreshSupply(
  server: AuthorizationServer,
  { connections }: Scale,
): Promise<Supply> {
  const tokens = await server.issueRefreshTokens(server.app, connections * CHAINS_PER_CONNECTION)
  const chains = Array.from({ length: connections }, (_, index) => ({
    tokens: tokens.slice(index * CHAINS_PER_CONNECTION, (index + 1) * CHAINS_PER_CONNECTION),
    turn: 0,
  }))
  const requestWith = createTemplate((refresh_token) =>
    formRequest(server.metadata.token, server.app, { grant_type: 'refresh_token', refresh_token }),
  )
  return {
    next(connection) {
      const chain = chains[connection]
      if (chain === undefined) return undefined
      chain.turn = (chain.turn + 1) % CHAINS_PER_CONNECTION
      return requestWith(chain.tokens[chain.turn] ?? '')
    },
    accept(answer, connection) {
      const chain = chains[connection]
      const token = REFRESH_TOKEN.exec(answer.body)?.[1]
      if (chain === undefined || token === undefined) return false
      const isNew = chain.tokens[chain.turn] !== token
      chain.tokens[chain.turn] = token
      return isNew && isTokenPair(answer)
    },
  }
}

/**
 * Tokens of one length make requests that differ in nothing else: for each length one is written, because that takes
 * longer than all the rest of what the load does. @param write puts a token of base64url and dots into a request.
 */
function createTemplate(write: (token: string) => string): (token: string) => string {
  const byLength = new Map<number, readonly string[]>()
  return (token) => {
    let around = byLength.get(token.length)
    if (around === undefined) {
      const filler = '.'.repeat(token.length)
      around = write(filler).split(filler)
      byLength.set(token.length, around)
    }
    return around.join(token)
  }
}

export function machineSupply(server: AuthorizationServer): Promise<Supply> | undefined {
  const { machine, metadata } = server
  if (machine === undefined || !metadata.grantTypes.includes('client_credentials')) return undefined
  const request = formRequest(metadata.token, machine, {
    grant_type: 'client_credentials',
    scope: 'mcp',
  })
  return Promise.resolve({
    next: () => request,
    accept: ({ status, body }) => status === 200 && ACCESS_TOKEN.test(body),
  })
}

export function refreshTokenSupply(
  server: AuthorizationServer,
  path: string | undefined,
  { requests }: Scale,
): Promise<Supply> | undefined {
  return path === undefined ? undefined : prepare()
  async function prepare(): Promise<Supply> {
    const tokens = await server.issueRefreshTokens(server.webApp, requests)
    return tokenSupply(server, path ?? '', tokens)
  }
}

/** Access tokens are bought with codes: only the server signs. */
export function jwtSupply(
  server: AuthorizationServer,
  path: string | undefined,
  { requests, connections, isRepeated = false }: Scale & { readonly isRepeated?: boolean },
): Promise<Supply> | undefined {
  if (path === undefined) return undefined
  return buyTokens(server, { requests, connections }).then((tokens) => {
    const supply = tokenSupply(server, path, tokens)
    if (!isRepeated) return supply
    const requestsAgain = tokens.map((token) => formRequest(path, server.webApp, { token }))
    let turn = 0
    return {
      ...supply,
      next() {
        turn = (turn + 1) % requestsAgain.length
        return requestsAgain[turn]
      },
    }
  })
}

async function buyTokens(
  server: AuthorizationServer,
  { requests, connections }: Scale,
): Promise<readonly string[]> {
  const codes = await server.issueCodes(server.webApp, requests)
  const tokens: string[] = []
  const load = await openLoad(server.socket, connections)
  const supply: Supply = {
    next: inTurn(codes.map((code) => exchangeRequest(server, server.webApp, code))),
    accept(answer) {
      const token = ACCESS_TOKEN.exec(answer.body)?.[1]
      if (token !== undefined) tokens.push(token)
      return token !== undefined
    },
  }
  await load.run(supply, PREPARATION_SECONDS_MAX)
  load.close()
  return tokens
}

const PREPARATION_SECONDS_MAX = 50

function tokenSupply(server: AuthorizationServer, path: string, tokens: readonly string[]): Supply {
  const isIntrospection = path === server.metadata.introspection
  return {
    next: inTurn(tokens.map((token) => formRequest(path, server.webApp, { token }))),
    accept: ({ status, body }) =>
      status === 200 && (!isIntrospection || body.includes('"active":true')),
  }
}

export function registrationSupply({ metadata }: AuthorizationServer): Promise<Supply> {
  const request = formatRequest({
    path: metadata.registration,
    host: HOST,
    headers: { 'content-type': 'application/json' },
    body: toRegistration(),
  })
  return Promise.resolve({
    next: () => request,
    accept: ({ status, body }) => status === 201 && body.includes('"client_id":"'),
  })
}

const ACCESS_TOKEN = /"access_token":"([^"]+)"/
const REFRESH_TOKEN = /"refresh_token":"([^"]+)"/

function isTokenPair({ status, body }: Answer): boolean {
  return status === 200 && ACCESS_TOKEN.test(body) && REFRESH_TOKEN.test(body)
}

function inTurn(requests: readonly string[]): Supply['next'] {
  let index = -1
  return () => {
    index += 1
    return requests[index]
  }
}

/** A client with a secret sends it by Basic, one without names itself in the form. */
function formRequest(
  path: string,
  { id, secret }: RegisteredClient,
  fields: Readonly<Record<string, string>>,
): string {
  const own = secret === undefined ? { client_id: id } : {}
  const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret ?? '')}`)
  return formatRequest({
    path,
    host: HOST,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(secret === undefined ? {} : { authorization: `Basic ${basic.toString('base64')}` }),
    },
    body: new URLSearchParams({ ...fields, ...own }).toString(),
  })
}
