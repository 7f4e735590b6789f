/** Another authorization server, certified, in this process: what it answers is a second opinion. */

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sendOverNetwork as send } from './http.ts'
import { createPerson } from './person.ts'

/** The package comes without types; these are the parts used here. */
interface Package {
  readonly Provider: new (issuer: string, settings: object) => { callback(): RequestListener }
  readonly errors: { readonly InvalidTarget: new () => Error }
}

export interface Peer {
  readonly issuer: string
  /** Opens the authorize URL, logs in, consents, and comes back with the client's redirect. */
  authorize(url: string): Promise<URL>
  stop(): void
}

const STEPS_MAX = 12

export async function startPeer(): Promise<Peer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { Provider, errors, restoreConsole } = await loadQuietly()
  const provider = new Provider(issuer, settingsLikeOurs(issuer, errors))
  server.on('request', provider.callback())
  return {
    issuer,
    authorize: walk,
    stop() {
      restoreConsole()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** It says at every first use of a default that it is set up for development, which it is. */
export async function loadQuietly(): Promise<Package & { restoreConsole(): void }> {
  const restoreConsole = muteConsole()
  const name = 'oidc-provider'
  const { Provider, errors } = (await import(name)) as Package
  return { Provider, errors, restoreConsole }
}

function muteConsole(): () => void {
  const { info, warn } = console
  console.info = () => {}
  console.warn = () => {}
  return () => Object.assign(console, { info, warn })
}

function settingsLikeOurs(issuer: string, { InvalidTarget }: Package['errors']): object {
  const resources = ['echo', 'memory'].map((service) => `${issuer}/${service}/mcp`)
  return {
    clientDefaults: {
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    routes: {
      authorization: '/authorize',
      token: '/token',
      registration: '/register',
      revocation: '/revoke',
      introspection: '/introspect',
    },
    scopes: ['mcp', 'offline_access', 'openid', 'profile'],
    responseTypes: ['code'],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resources[0],
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx: unknown, resource: string) => {
          if (!resources.includes(resource)) throw new InvalidTarget()
          return {
            scope: 'mcp',
            audience: resource,
            accessTokenTTL: 3600,
            accessTokenFormat: 'jwt',
          }
        },
      },
    },
  }
}

/** Through the peer's own pages, as a browser would. */
async function walk(url: string): Promise<URL> {
  const { origin } = new URL(url)
  const person = createPerson(send)
  let page = await person.open(url)
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const location = page.response.headers.get('location')
    if (location !== null) {
      const next = new URL(location, origin)
      if (next.origin !== origin) return next
      page = await person.open(next.href)
      continue
    }
    const fields = { ...page.fields, login: 'alice', password: 'x' }
    const response = await person.submit({ ...page, fields }, {})
    page = { ...page, response }
  }
  throw new Error(`no redirect but ${page.response.status}: ${page.response.text}`)
}
