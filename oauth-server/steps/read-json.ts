/** A JSON body into an object of unknown members. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import { mediaType, readBody } from '../http/body.ts'
import type { LogState } from './log-access.ts'

export interface JsonState extends LogState {
  document: Readonly<Record<string, unknown>>
}

export function readJson(bytesMax: number): Koa.Middleware<JsonState> {
  return async function readJson(ctx, next) {
    if (mediaType(ctx.req) !== 'application/json') {
      throw new OAuthError('invalid_request', 'the body must be sent as application/json', {
        status: 415,
      })
    }
    ctx.state.document = parseObject(await readBody(ctx.req, bytesMax))
    await next()
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new OAuthError('invalid_client_metadata', 'the body is not JSON', { cause })
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Readonly<Record<string, unknown>>
  }
  throw new OAuthError('invalid_client_metadata', 'the body must be a JSON object')
}
