/** Answers an ACME authority's HTTP-01 questions (RFC 8555 section 8.3) with what lego has laid out, and metrics. */

import { readFile } from 'node:fs/promises'
import type { Server, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { createServer } from '../lib/platform/node-http.ts'
import { sendFigures } from '../lib/platform/serve-figures.ts'

export const CHALLENGE_PREFIX = '/.well-known/acme-challenge/'

export interface ChallengeServerOptions {
  /** lego writes to `.well-known/acme-challenge` in it. */
  readonly webroot: string
  metrics(): Promise<string>
}

const TOKEN = /^[A-Za-z0-9_-]{1,128}$/

export function createChallengeServer({ webroot, metrics }: ChallengeServerOptions): Server {
  return createServer((request, response) => {
    request.resume()
    const { method, url = '' } = request
    const isRead = method === 'GET' || method === 'HEAD'
    if (isRead && url.startsWith(CHALLENGE_PREFIX)) {
      sendToken(webroot, url.slice(CHALLENGE_PREFIX.length), response)
    } else if (isRead && url === '/metrics') {
      void sendFigures(response, metrics)
    } else if (isRead && url === '/healthz') {
      response.end('ok')
    } else {
      notFound(response)
    }
  })
}

function sendToken(webroot: string, token: string, response: ServerResponse): void {
  if (!TOKEN.test(token)) {
    notFound(response)
    return
  }
  // As a whole: of a stream that somebody leaves in the middle, or before it begins, the file stays open.
  readFile(join(webroot, CHALLENGE_PREFIX, token)).then(
    (authorization) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(authorization)
    },
    () => notFound(response),
  )
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n')
}
