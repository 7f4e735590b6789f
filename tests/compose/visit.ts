/** A person with a browser and a client, on the host of the engine: every name leads to a published port. */

import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { createGitHubVisitor } from '../support/github-visitor.ts'
import { type Send, sendByFetch } from '../support/http.ts'
import { createOAuthClient } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { type Connection, connect, type MemoryProvider, patient } from '../support/sdk-client.ts'
import { type FetchLike, trustedFetch } from '../support/socket-fetch.ts'
import { DOMAIN, GITHUB, PERSON, type Surroundings } from './surroundings.ts'

export interface Visit {
  readonly issuer: string
  readonly fetch: FetchLike
  endpointOf(service: string): string
  /** Logs in through GitHub, unless `provider` has done so before. */
  connect(service: string, provider?: MemoryProvider): Promise<Connection>
  /** A refresh by what the provider holds, as its client would. @throws Error unless it succeeds. */
  refresh(provider: MemoryProvider): Promise<void>
}

const TRIES_MAX = 15

/** `root`: whom clients trust for the gateway's certificate. */
export function createVisit({ ports, authority }: Surroundings, root: string): Visit {
  const github = new URL(GITHUB).hostname
  const trusting = trustedFetch((host) =>
    host === github
      ? { port: ports.github, ca: authority.cert }
      : { port: ports.gateway, ca: root },
  )
  // All of it starts and ends on one machine meanwhile.
  const fetch = patient(trusting, TRIES_MAX)
  const send = sendByFetch(fetch)
  const issuer = `https://auth.${DOMAIN}`
  const endpointOf = (service: string): string => `https://${service}.${DOMAIN}/mcp`
  return {
    issuer,
    fetch,
    endpointOf,
    connect: (service, provider) =>
      connect(
        endpointOf(service),
        { approve: (url) => approve(send, String(url)) },
        { fetch, ...(provider && { provider }) },
      ),
    async refresh(provider) {
      const { client_id = '' } = provider.client ?? {}
      const refresh_token = provider.saved?.refresh_token ?? ''
      const grant = { grant_type: 'refresh_token', client_id, refresh_token }
      const answer = await createOAuthClient(send, issuer).token(grant)
      if (answer.status !== 200) throw new Error(`no refresh but ${answer.status}: ${answer.text}`)
      provider.saveTokens(answer.json() as unknown as NonNullable<MemoryProvider['saved']>)
    },
  }
}

/** The gateway's page, GitHub's pages, and back to the client. */
async function approve(send: Send, url: string): Promise<URL> {
  const person = createPerson(send)
  const departure = await person.submit(await person.open(url), { decision: 'approve' })
  const there = departure.headers.get('location') ?? ''
  const back = there.startsWith(GITHUB)
    ? (await person.open(await createGitHubVisitor({ url: GITHUB }, send).visit(there, PERSON)))
        .response
    : departure
  const location = back.headers.get('location')
  if (location === null) throw new Error(`no way back: ${back.status} ${back.text}`)
  return new URL(location)
}

/** Whom to trust for the certificates that pebble makes. */
export async function pebbleRoot({ ports, authority }: Surroundings): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  request(
    { host: 'localhost', port: ports.pebble, path: '/roots/0', ca: authority.cert, agent: false },
    (answer) => text(answer).then(resolve, reject),
  )
    .on('error', reject)
    .end()
  return await promise
}
