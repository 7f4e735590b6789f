/** Collects every secret that crosses the wire, on both sides of it, and looks for them where none may be. */

import type { HttpRequest, HttpResponse, Send } from './http.ts'

/** What it is → the secret. */
export type Secrets = ReadonlyMap<string, string>

export interface Harvest {
  readonly send: Send
  readonly secrets: Secrets
  /** One that is not seen on the wire. */
  add(kind: string, secret: string | undefined): void
}

/** Members of JSON and of forms, and parameters of addresses, that open something. */
const NAMES =
  'access_token|refresh_token|id_token|client_secret|registration_access_token|device_code|user_code|' +
  'code|code_verifier|token|state|interaction|confirmation|proof|value'
const JSON_MEMBER = new RegExp(`"(${NAMES})"\\s*:\\s*"([^"]+)"`, 'g')
const PARAMETER = new RegExp(`(?:^|[?&;"])(${NAMES})=([^&"\\s]+)`, 'g')
/** What is shorter is no secret but a word. */
const CHARACTERS_MIN = 8

export function createHarvest(send: Send): Harvest {
  const secrets = new Map<string, string>()
  const add: Harvest['add'] = (kind, secret) => {
    if (secret === undefined || secret.length < CHARACTERS_MIN) return
    if ([...secrets.values()].includes(secret)) return
    secrets.set(`${kind} ${secrets.size}`, secret)
    // What is left of a token that is shortened still signs it.
    const signature = /^[\w-]+\.[\w-]+\.([\w-]{20,})$/.exec(secret)?.[1]
    if (signature !== undefined) secrets.set(`signature of ${kind} ${secrets.size}`, signature)
  }
  const addFrom = (text: string): void => {
    for (const [, kind = '', value] of text.matchAll(JSON_MEMBER)) add(kind, value)
    for (const [, kind = '', value = ''] of text.matchAll(PARAMETER)) {
      add(kind, decodeURIComponent(value.replaceAll('+', ' ')))
    }
  }
  const addFromRequest = ({ url, headers = {}, body = '' }: HttpRequest): void => {
    addFrom(new URL(url).search)
    addFrom(body)
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() === 'authorization') add('authorization', value.split(' ')[1])
    }
  }
  const addFromResponse = ({ headers, text }: HttpResponse): void => {
    if (!text.startsWith('<')) addFrom(text)
    addFrom(headers.get('location') ?? '')
    for (const cookie of headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      add(`cookie ${name}`, value)
    }
  }
  return {
    secrets,
    add,
    async send(request) {
      addFromRequest(request)
      const response = await send(request)
      addFromResponse(response)
      return response
    },
  }
}

/** A place, and what stands there. */
export type Place = readonly [name: string, text: string]

/** `secret: place` of each secret that stands somewhere, also as it would be encoded. */
export function findLeaks(places: readonly Place[], secrets: Secrets): string[] {
  const found: string[] = []
  for (const [kind, secret] of secrets) {
    const forms = new Set([
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
    ])
    for (const [name, text] of places) {
      if ([...forms].some((form) => text.includes(form))) found.push(`${kind}: ${name}`)
    }
  }
  return found
}
