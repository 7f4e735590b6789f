/** A JSON body into an object of unknown members. */

import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { JsonObject } from '../../lib/platform/json.ts'
import { parseStrictJson } from '../clients/documents/strict-json.ts'
import { mediaType, readBody } from '../http/body.ts'
import type { LogState } from './log-access.ts'

export interface JsonState extends LogState {
  document: JsonObject
}

export function readJson(bytesMax: number): Koa.Middleware<JsonState> {
  return async function readJson(ctx, next) {
    if (mediaType(ctx.req) !== 'application/json') {
      throw new OAuthError('invalid_request', 'the body must be sent as application/json', {
        status: 415,
      })
    }
    ctx.state.document = parseStrictJson(await readBody(ctx, bytesMax), 'the body')
    await next()
  }
}
