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
  const service = serviceAt(url, gateway)
  if (service === undefined) return notServed(url, gateway)
  const decision = await judge({
    service,
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

function serviceAt(url: string, { addresses, services }: Gateway): string | undefined {
  const address = URL.parse(url)
  if (address === null) return undefined
  const wanted = address.origin + address.pathname
  return [...services.keys()].find((service) => addresses.resourceOf(service) === wanted)
}

function notServed(url: string, { addresses, services }: Gateway): Explanation {
  const known = [...services.keys()].map(addresses.resourceOf).join(', ')
  return {
    steps: toSteps(0, `${url} is none of ${known}`),
    decision: { allow: false, status: 404, reason: 'no MCP server is at this address' },
  }
}
