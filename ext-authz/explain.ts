/** A decision in words, step by step: for who wants to know why a token does not get in. */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import { type Decision, type DenyReason, toWireDenial } from './decision.ts'

export interface Question {
  readonly token: string | undefined
  /** Where the request would go. */
  readonly url: string
  readonly origin: string | undefined
}

export type Outcome = 'passed' | 'failed' | 'skipped'

export interface Step {
  readonly step: string
  readonly outcome: Outcome
  readonly detail: string
}

export interface Explanation {
  readonly steps: readonly Step[]
  readonly decision: {
    readonly allow: boolean
    /** What the caller would get; 200 stands for whatever the server behind answers. */
    readonly status: number
    readonly reason: string
  }
}

type Judge = (question: {
  readonly service: string
  readonly authorization: readonly string[]
  readonly origin: readonly string[]
}) => Promise<Decision>

/** In the order in which the decision looks. Every reason to refuse belongs to one of them. */
const STEPS: readonly {
  readonly step: string
  readonly means: string
  readonly reasons: readonly DenyReason[]
}[] = [
  { step: 'service', means: 'the address is one of an MCP server', reasons: ['unknown_service'] },
  { step: 'origin', means: 'the calling web page, if any, may call', reasons: ['foreign_origin'] },
  { step: 'token', means: 'a bearer token is there', reasons: ['no_token'] },
  { step: 'form', means: 'it is an access token of this gateway', reasons: ['malformed'] },
  {
    step: 'key',
    means: 'the key that it names is published',
    reasons: ['unknown_key', 'keys_unavailable'],
  },
  { step: 'signature', means: 'the signature is ours', reasons: ['bad_signature'] },
  { step: 'time', means: 'it has not expired', reasons: ['expired'] },
  { step: 'audience', means: 'it is for this very MCP server', reasons: ['wrong_audience'] },
  {
    step: 'revocation',
    means: 'neither it, its grant, its client nor its user is revoked',
    reasons: ['revoked', 'store_unavailable'],
  },
  {
    step: 'scope',
    means: 'it has the scope that this server needs',
    reasons: ['insufficient_scope'],
  },
]

export async function explain(
  { token, url, origin }: Question,
  gateway: Gateway,
  judge: Judge,
): Promise<Explanation> {
  const place = placeOf(url, gateway)
  if ('refusal' in place) return place.refusal
  const decision = await judge({
    service: place.service,
    authorization: token === undefined ? [] : [`Bearer ${token}`],
    origin: origin === undefined ? [] : [origin],
  })
  if (decision.allow) {
    const { userId, clientId, scopes } = decision.identity
    const reason = `${userId} through client ${clientId}, with ${scopes.join(' ')}`
    return { steps: toSteps(STEPS.length, ''), decision: { allow: true, status: 200, reason } }
  }
  const { status, description } = toWireDenial(decision.reason)
  const failed = STEPS.findIndex(({ reasons }) => reasons.includes(decision.reason))
  return {
    // What nobody foresaw may have happened anywhere.
    steps: toSteps(Math.max(failed, 0), decision.detail),
    decision: { allow: false, status, reason: `${decision.reason}: ${description}` },
  }
}

function toSteps(failed: number, detail: string): Step[] {
  return STEPS.map(({ step, means }, index) => {
    if (index < failed) return { step, outcome: 'passed', detail: means }
    if (index > failed) return { step, outcome: 'skipped', detail: means }
    return { step, outcome: 'failed', detail: `${means}: no, ${detail}` }
  })
}

type Place = { readonly service: string } | { readonly refusal: Explanation }

/** Where Envoy leads what is sent there, or how it refuses it before anybody is asked. */
function placeOf(url: string, { addresses, services }: Gateway): Place {
  const names = [...services.keys()]
  const known = names.map(addresses.resourceOf).join(', ')
  const refused = (status: number, reason: string): Place => ({
    refusal: {
      steps: toSteps(0, `${url} is none of ${known}`),
      decision: { allow: false, status, reason },
    },
  })
  const address = URL.parse(url)
  if (address !== null && TWO_READINGS.test(address.pathname)) {
    return refused(400, 'the path could be read in two ways')
  }
  if (address === null || (address.protocol === 'https:') !== addresses.secure) {
    return refused(404, NOT_SERVED)
  }
  const host = address.host.replace(DOT_AT_END, '')
  if (![addresses.issuerHost, ...names.map(addresses.hostOf)].includes(host)) {
    return refused(421, `this gateway answers to ${addresses.issuer} only`)
  }
  const path = onePath(address.pathname)
  const service = names.find(
    (name) => addresses.hostOf(name) === host && addresses.pathOf(name) === path,
  )
  return service === undefined ? refused(404, NOT_SERVED) : { service }
}

const NOT_SERVED = 'no MCP server is at this address'
const TWO_READINGS = /%2f|%5c|%00/i
const DOT_AT_END = /\.(?=(?::\d+)?$)/

/** Without needless escapes (RFC 3986 section 6.2.2.2) and doubled slashes; dots are resolved already. */
function onePath(pathname: string): string {
  return pathname
    .replaceAll(/%([\da-f]{2})/gi, (escaped, code: string) => {
      const character = String.fromCharCode(Number.parseInt(code, 16))
      return /[\w.~-]/.test(character) ? character : escaped
    })
    .replaceAll(/\/{2,}/g, '/')
}
