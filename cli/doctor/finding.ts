/** What a check found, as one client: the wire shape that `gateway doctor --json` prints. */

import type { Check, Fault, Result, Stage } from './model/check.ts'
import type { ClientProfile } from './model/client-profile.ts'
import { Unreachable, type UnreachableKind } from './wire/unreachable.ts'

export interface Finding {
  readonly check: string
  readonly title: string
  readonly stage: Stage
  /** Null for what is the same for every client. */
  readonly client: string | null
  readonly status: 'passed' | 'warning' | 'failed' | 'skipped'
  readonly detail: string
  /** Which of the check's faults, null without one. */
  readonly fault: string | null
  readonly meaning: string | null
  readonly cure: string | null
}

/** What any check may meet on its way to an answer. */
export const WAY_FAULTS: Readonly<Record<UnreachableKind, Fault>> = {
  unknown_name: {
    severity: 'error',
    meaning: 'A name that the server itself handed out has no address here.',
    cure: 'Make a record for the name, or let the server name itself by the address that it has outside.',
  },
  no_connection: {
    severity: 'error',
    meaning: 'Nobody listens at an address that the server handed out, or the connection broke.',
    cure: 'Start what should listen there (`gateway status`), or correct the address; behind a proxy it must be the one outside.',
  },
  certificate: {
    severity: 'error',
    meaning: 'The certificate of this address is not trusted: clients refuse it.',
    cure: 'See what is wrong with it: `gateway ssl URL`.',
  },
  timeout: {
    severity: 'error',
    meaning: 'There was no answer within half a minute: clients wait less.',
    cure: 'See what the server waits for: `gateway status`, `gateway logs` at this gateway.',
  },
}

export function toFinding(check: Check, client: ClientProfile, result: Result): Finding {
  const base = {
    check: check.id,
    title: check.title,
    stage: check.stage,
    client: check.once === true ? null : client.id,
    detail: result.detail,
  }
  if (result.status !== 'fault') {
    return { ...base, status: result.status, fault: null, meaning: null, cure: null }
  }
  const { code } = result
  const fault = check.faults[code] ?? WAY_FAULTS[code as UnreachableKind]
  const isTolerated = client.tolerates?.includes(`${check.id}.${code}`) === true
  const isError = fault?.severity === 'error' && !isTolerated
  return {
    ...base,
    status: isError ? 'failed' : 'warning',
    fault: code,
    meaning: fault?.meaning ?? null,
    cure: fault?.cure ?? null,
  }
}

/** @throws what is no trouble of the way. */
export function toWayFault(error: unknown): Result {
  if (!(error instanceof Unreachable)) throw error
  return { status: 'fault', code: error.kind, detail: error.message }
}
