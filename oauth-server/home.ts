/** GET /: for people who open the gateway's address: what they may use, and how to connect to it. */

import type Koa from 'koa'
import { clientEntries } from '../lib/catalogue/client-lines.ts'
import { nameOf } from './login/person.ts'
import { findLogin } from './login/session.ts'
import { renderPage } from './pages/render.ts'
import type { Ports } from './ports.ts'
import { securePage } from './steps/headers.ts'
import { onIssuerHost } from './steps/on-issuer-host.ts'
import type { Login } from './store/logins.ts'

export function showHome(ports: Ports): Koa.Middleware[] {
  return [
    securePage,
    onIssuerHost(ports.gateway.addresses),
    async function showHome(ctx) {
      await showHomePage(ctx, ports, await findLogin(ctx, ports, { maxAgeSeconds: undefined }))
    },
  ]
}

export async function showHomePage(
  ctx: Koa.Context,
  { access, live, providers }: Pick<Ports, 'access' | 'live' | 'providers'>,
  login: Login | undefined,
): Promise<void> {
  const names = await access.servicesOf(login?.userId)
  const { addresses, services } = live.current
  renderPage(ctx, 'home', {
    services: names.map((name) => {
      const url = addresses.resourceOf(name)
      const description = services.get(name)?.description
      return { name, description, url, clients: clientEntries(name, url) }
    }),
    userName: login && nameOf(providers, login),
    isLoopback: addresses.loopback,
  })
}
