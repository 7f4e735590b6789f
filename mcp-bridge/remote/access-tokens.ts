/**
 * Access tokens of the gateway itself for a remote server (OAuth client credentials, RFC 6749 section 4.4):
 * kept in memory alone, one request for all who wait, renewed before their end.
 */

import type { IncomingMessage } from 'node:http'
import type { RemoteOauth } from '../../lib/catalogue/remote-launch.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import { RpcFault } from '../json-rpc.ts'
import {
  REMOTE_TOKEN_BYTES_MAX,
  REMOTE_TOKEN_LIFETIME_MS,
  REMOTE_TOKEN_MARGIN_MS,
  REMOTE_TOKEN_MS,
  REMOTE_TOKEN_REFUSED_MS,
} from '../limits.ts'
import { leftOf } from '../moment.ts'
import type { Connections } from './connections.ts'
import { Inbox } from './inbox.ts'

export interface AccessTokensOptions {
  readonly service: string
  readonly oauth: RemoteOauth
  /** The operator's; undefined when it is not set. */
  readonly clientSecret: () => string | undefined
  readonly connections: Pick<Connections, 'ask'>
  readonly clock: Clock
}

/** For so long from then on. */
interface Lasting {
  readonly since: number
  readonly lastsMs: number
}

interface Held extends Lasting {
  readonly token: string
}

interface Refusal extends Lasting {
  readonly fault: RpcFault
}

const TOKEN = /^[\x21-\x7e]{1,16384}$/
const ERROR_CODE = /^[a-z_]{1,64}$/

export class AccessTokens {
  readonly #options: AccessTokensOptions
  #held: Held | undefined
  #coming: Promise<string> | undefined
  #refusal: Refusal | undefined

  constructor(options: AccessTokensOptions) {
    this.#options = options
  }

  /** @throws RpcFault that says what the operator must do. */
  async get(): Promise<string> {
    if (this.#held !== undefined && this.#lasts(this.#held)) return this.#held.token
    if (this.#refusal !== undefined && this.#lasts(this.#refusal)) throw this.#refusal.fault
    this.#coming ??= this.#renew().finally(() => {
      this.#coming = undefined
    })
    return await this.#coming
  }

  /** The server does not take it any more. */
  forget(token: string): void {
    if (this.#held?.token === token) this.#held = undefined
  }

  #lasts({ since, lastsMs }: Lasting): boolean {
    return leftOf(lastsMs, this.#options.clock() - since) > 0
  }

  async #renew(): Promise<string> {
    const { clock } = this.#options
    try {
      const { token, lifetimeMs } = await this.#request()
      const margin = Math.min(REMOTE_TOKEN_MARGIN_MS, lifetimeMs / 4)
      this.#held = { token, since: clock(), lastsMs: lifetimeMs - margin }
      this.#refusal = undefined
      return token
    } catch (error) {
      const fault = error instanceof RpcFault ? error : this.#fault('cannot be reached', error)
      this.#refusal = { fault, since: clock(), lastsMs: REMOTE_TOKEN_REFUSED_MS }
      throw fault
    }
  }

  async #request(): Promise<{ token: string; lifetimeMs: number }> {
    const { oauth, connections, clock } = this.#options
    const answer = await connections.ask(new URL(oauth.tokenUrl), {
      method: 'POST',
      ...this.#toForm(),
      signal: AbortSignal.timeout(REMOTE_TOKEN_MS),
      isRepeatable: true,
    })
    const body = await readJson(answer, new Inbox(REMOTE_TOKEN_BYTES_MAX, clock))
    if (answer.statusCode !== 200) throw this.#toRefusal(answer, body)
    const { access_token: token, token_type: type, expires_in: seconds } = body
    if (typeof token !== 'string' || !TOKEN.test(token) || !isBearer(type)) {
      throw this.#fault('does not answer with a bearer token')
    }
    const lifetime = Number(seconds)
    return { token, lifetimeMs: lifetime > 0 ? lifetime * 1000 : REMOTE_TOKEN_LIFETIME_MS }
  }

  #toForm(): { headers: Record<string, string>; body: string } {
    const { service, oauth, clientSecret } = this.#options
    const { clientId, scope, resource, authentication, secretName } = oauth
    const secret = clientSecret()
    if (secret === undefined || secret === '') {
      const message = `the service ${service}: the operator must set ${secretName}, which oauth.clientSecret names`
      throw new RpcFault(200, 'refused', message)
    }
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    if (scope !== undefined) form.set('scope', scope)
    if (resource !== undefined) form.set('resource', resource)
    const headers: Record<string, string> = {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    }
    if (authentication === 'basic') headers['authorization'] = toBasic(clientId, secret)
    else {
      form.set('client_id', clientId)
      form.set('client_secret', secret)
    }
    return { headers, body: form.toString() }
  }

  #toRefusal({ statusCode }: IncomingMessage, { error }: JsonObject): RpcFault {
    const code = typeof error === 'string' && ERROR_CODE.test(error) ? `, ${error}` : ''
    return this.#fault(`refuses the gateway (${statusCode}${code})`)
  }

  #fault(what: string, cause?: unknown): RpcFault {
    const message = `the service ${this.#options.service}: its authorization server ${what}: the operator must check oauth of this service`
    return new RpcFault(502, 'refused', message, { cause })
  }
}

function isBearer(type: unknown): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'bearer'
}

/** Both parts encoded as in a form (RFC 6749 section 2.3.1). */
function toBasic(clientId: string, secret: string): string {
  const encode = (text: string): string => new URLSearchParams({ a: text }).toString().slice(2)
  const pair = `${encode(clientId)}:${encode(secret)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

async function readJson(answer: IncomingMessage, inbox: Inbox): Promise<JsonObject> {
  const text = await inbox.readText(answer)
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
