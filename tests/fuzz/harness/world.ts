/** A whole gateway behind real Envoy, its clients of every kind, and a person who is logged in. */

import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { partsServing } from '../../support/gateway-parts.ts'
import { sendOverNetwork } from '../../support/http.ts'
import { createOAuthClient, type Registered } from '../../support/oauth-client.ts'
import { readTokens } from '../../support/obtain-tokens.ts'
import { createPerson } from '../../support/person.ts'
import { createSender, type Sender } from './send.ts'

/** Remembered consent skips the page for targets that prove who they are. */
export const WEB_REDIRECTS = ['https://client.test/cb']
export const NATIVE_REDIRECTS = ['http://127.0.0.1/callback', 'http://localhost:3000/cb?x=1']
export const MACHINE_SECRET = 'a-secret-of-the-nightly-machine'

export interface World {
  readonly gateway: TestGateway
  readonly issuer: string
  readonly echo: string
  readonly sender: Sender
  readonly web: Registered
  readonly native: Registered
  readonly kept: Registered
  readonly device: Registered
  /** Of the person who is logged in and has approved `web` for `echo`. */
  readonly cookie: string
  /** A code for `web`, and what proves it. */
  code(): Promise<{ readonly code: string; readonly verifier: string }>
  /** Of a person of this name, for a service. */
  accessToken(username: string, resource: string): Promise<string>
  /** That the processes of the beginning are the processes of the end. */
  processes(): Promise<string>
  stop(): Promise<void>
}

const FIXTURE = join(import.meta.dirname, '../../fixtures/echoes.ts')
const FILE = `
mcpServers:
  # One process for everybody, which gives up what is not answered.
  fix: { command: ${process.execPath}, args: [${FIXTURE}], isolation: shared, callTimeout: 2 }
  everything: { enabled: false }
  filesystem: { enabled: false }
  sequentialthinking: { enabled: false }
clients:
  nightly:
    client_secret: "\${secret.NIGHTLY}"
    grant_types: [client_credentials]
    services: [echo]
`

export async function startWorld(): Promise<World> {
  const gateway = await startGateway({
    environment: { RATE_LIMIT_FACTOR: '0', LOG_LEVEL: 'warn', NIGHTLY: MACHINE_SECRET },
    file: FILE,
  })
  const issuer = gateway.url
  const echo = `${issuer}/echo/mcp`
  const oauth = createOAuthClient(sendOverNetwork, issuer)
  const web = await oauth.register({ redirect_uris: WEB_REDIRECTS })
  const person = createPerson(sendOverNetwork)
  const begin = () =>
    oauth.begin(web.client_id, { redirect_uri: WEB_REDIRECTS[0] ?? '', resource: echo })
  await person.authorize(begin().url, { username: 'alice' })
  const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ')
  const sender = createSender(gateway.port)
  return {
    gateway,
    issuer,
    echo,
    sender,
    web,
    native: await oauth.register({ redirect_uris: NATIVE_REDIRECTS }),
    kept: await oauth.register({
      redirect_uris: WEB_REDIRECTS,
      token_endpoint_auth_method: 'client_secret_post',
    }),
    device: await oauth.register({
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      redirect_uris: undefined,
    }),
    cookie,
    async code() {
      const { url, verifier } = begin()
      const target = url.slice(issuer.length)
      const { headers } = await sender.send({ target, headers: { cookie } })
      const code = URL.parse(headers.location ?? '')?.searchParams.get('code')
      if (code === null || code === undefined) throw new Error('no code for what was approved')
      return { code, verifier }
    },
    async accessToken(username, resource) {
      const redirect = { redirect_uri: WEB_REDIRECTS[0] ?? '' }
      const { url, verifier } = oauth.begin(web.client_id, { ...redirect, resource })
      const back = await createPerson(sendOverNetwork).authorize(url, { username })
      const code = back.searchParams.get('code') ?? ''
      const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }
      return readTokens(await oauth.token({ ...fields, client_id: web.client_id })).access_token
    },
    async processes() {
      const parts = await partsServing(gateway, (name) => /^(?:oauth|ext|mcp|envoy)/.test(name))
      return parts.map(({ name, pid }) => `${name} ${pid}`).join(', ')
    },
    async stop() {
      sender.close()
      await gateway.remove()
    },
  }
}

export const VERIFIER = randomBytes(32).toString('base64url')
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** Words of a corpus, in the place of what is another each time. */
export function fill(bytes: Buffer, words: Readonly<Record<string, string>>): Buffer {
  const names = Object.keys(words).toSorted((one, other) => other.length - one.length)
  const text = bytes
    .toString('latin1')
    .replaceAll(new RegExp(names.join('|'), 'g'), (word) => words[word] ?? '')
  return Buffer.from(text, 'latin1')
}
