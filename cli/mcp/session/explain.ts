/** What an MCP server, or the way to it, has against a request, for a person. */

import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import { CliError } from '../../cli-error.ts'
import { explain } from '../oauth/explain.ts'

export interface Explaining {
  readonly url: string
  /** What the token has by now. */
  readonly scope: string | undefined
}

/** @returns the error itself when nobody foresaw it. */
export function explainSession(error: unknown, { url, scope }: Explaining): unknown {
  if (error instanceof InsufficientScopeError) return needsScope(error, { url, scope })
  if (error instanceof SdkHttpError) return explainStatus(error, url)
  if (error instanceof SdkError) return explainSdk(error, url)
  if (error instanceof ProtocolError) return answered(error, error, url)
  return explain(error, url) ?? error
}

/** RFC 6750 section 3.1. */
function needsScope(
  { requiredScope, errorDescription }: InsufficientScopeError,
  { url, scope }: Explaining,
): CliError {
  const words = errorDescription === undefined ? '' : ` (${errorDescription})`
  const wanted = [...new Set(`${scope ?? ''} ${requiredScope ?? ''}`.trim().split(/\s+/))].join(' ')
  return new CliError(`Your login may not do this: it needs the scope ${requiredScope}${words}.`, {
    nextStep: `gateway login ${url} --scope "${wanted}"`,
  })
}

/** What a JSON-RPC error says. */
interface Refusal {
  readonly code: number
  readonly message: string
}

function answered({ code, message }: Refusal, cause: Error, url: string): CliError {
  return new CliError(`${url} answered with the error ${code}: ${message}`, { cause })
}

/** Servers without sessions answer 404 for a method that they do not have: the address is right all the same. */
const body = z.object({ error: z.object({ code: z.number(), message: z.string() }) })

function refusalOf({ data }: SdkHttpError): Refusal | undefined {
  const { text } = data as { readonly text?: unknown }
  try {
    return body.safeParse(JSON.parse(String(text))).data?.error
  } catch {
    return undefined
  }
}

function explainStatus(error: SdkHttpError, url: string): CliError {
  const { status, message } = error
  const refusal = refusalOf(error)
  if (refusal !== undefined && status !== 401) return answered(refusal, error, url)
  if (status === 401) {
    return new CliError(`${url} refuses a token that was issued for it just now.`, {
      nextStep: `gateway login ${url}; then whoami shows whom the token is for`,
    })
  }
  const isElsewhere = status === 404 || status === 405
  const nextStep = isElsewhere ? 'is this the address of an MCP endpoint?' : 'try again in a moment'
  return new CliError(`${url} answered ${status}: ${message.slice(0, 500)}`, { nextStep })
}

function explainSdk({ code, message, cause, data }: SdkError, url: string): unknown {
  if (code === SdkErrorCode.RequestTimeout) {
    return new CliError(`${url} did not answer in time.`, { nextStep: 'give it longer: --timeout' })
  }
  const inner = cause ?? (data as { cause?: unknown } | undefined)?.cause
  const known = inner === undefined ? undefined : explain(inner, url)
  return known ?? new CliError(`${url}: ${message}`)
}
