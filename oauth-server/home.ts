/** GET /: for people who open the gateway's address: what they may use, and how to connect to it. */

import type Koa from 'koa'
import { clientEntries } from '../lib/catalogue/client-lines.ts'
import { nameOf } from './login/person.ts'
import { findLogin } from './login/session.ts'
import { renderPage } from './pages/render.ts'
import type { Ports } from './ports.ts'
import { securePage } from './steps/headers.ts'
import { onIssuerHost } from './steps/on-issuer-host.ts'

export function showHome(ports: Ports): Koa.Middleware[] {
  const { addresses, services } = ports.gateway
  const toCard = (name: string): object => {
    const url = addresses.resourceOf(name)
    const description = services.get(name)?.description
    return { name, description, url, clients: clientEntries(name, url) }
  }
  return [
    securePage,
    onIssuerHost(addresses),
    async function showHome(ctx) {
      const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
      const names = await ports.access.servicesOf(login?.userId)
      renderPage(ctx, 'home', {
        services: names.map(toCard),
        userName: login && nameOf(ports.providers, login),
        isLoopback: addresses.loopback,
      })
    },
  ]
}
