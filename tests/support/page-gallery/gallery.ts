/** Serves the exhibits on loopback, with the headers, the dress and the error pages of the server itself. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Router } from '@koa/router'
import Koa from 'koa'
import { type Branding, PLAIN_BRANDING } from '../../../lib/catalogue/branding.ts'
import { createLog } from '../../../lib/platform/log.ts'
import {
  openWardrobe,
  putOn,
  sendIcon,
  sendLogo,
  sendStyle,
} from '../../../oauth-server/pages/dress.ts'
import { answerErrors } from '../../../oauth-server/steps/answer-errors.ts'
import { hardenAnswer, securePage } from '../../../oauth-server/steps/headers.ts'
import { logAccess } from '../../../oauth-server/steps/log-access.ts'
import { EXHIBITS } from './exhibits.ts'

export interface Gallery {
  urlOf(exhibit: string): string
  close(): Promise<void>
}

export async function openGallery(branding: Branding = PLAIN_BRANDING): Promise<Gallery> {
  const server = createServer(createGallery(branding).callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    urlOf: (exhibit) => `http://127.0.0.1:${port}/${exhibit}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Each request has its id. */
function namedByEnvoy({ request }: Koa.Context, next: Koa.Next): Promise<void> {
  request.headers['x-request-id'] = '5f0c1a52-6a0e-4a4c-9b58-6f4f8a1f3d11'
  return next()
}

function createGallery(branding: Branding): Koa {
  const router = new Router()
  const wardrobe = openWardrobe(branding)
  for (const { name, show } of EXHIBITS) {
    router.get(`/${name}`, answerErrors('page'), securePage, show)
  }
  router.get('/assets/style.css', ...sendStyle(wardrobe))
  router.get('/assets/logo', ...sendLogo(wardrobe))
  router.get('/assets/icon.svg', ...sendIcon(wardrobe))
  const app = new Koa()
  app.use(namedByEnvoy)
  app.use(logAccess(createLog('gallery', 'error', { write: () => {} }), Date.now, () => {}))
  app.use(hardenAnswer)
  app.use(putOn(wardrobe))
  app.use(router.routes())
  return app
}
