/** GET /: for people who open the gateway's address, and the style sheet of all pages. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type Koa from 'koa'
import { findLogin } from './login/session.ts'
import { renderPage } from './pages/render.ts'
import type { Ports } from './ports.ts'
import { publicDocument, securePage } from './steps/headers.ts'

export function showHome(ports: Ports): Koa.Middleware[] {
  const { gateway } = ports
  const services = [...gateway.services.values()].map(({ name, description }) => ({
    name,
    description,
    url: gateway.addresses.resourceOf(name),
  }))
  return [
    securePage,
    async function showHome(ctx) {
      const login = await findLogin(ctx, ports, { maxAgeSeconds: undefined })
      renderPage(ctx, 'home', { title: 'MCP OAuth Gateway', services, userName: login?.userName })
    },
  ]
}

export function sendStyle(): Koa.Middleware[] {
  const style = readFileSync(join(import.meta.dirname, 'pages/style.css'), 'utf8')
  return [
    publicDocument,
    async function sendStyle(ctx) {
      ctx.type = 'text/css'
      ctx.body = style
    },
  ]
}
