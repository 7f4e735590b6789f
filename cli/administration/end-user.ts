/** Ends everything of a person, and measures at the edge how long that took. */

import type { EndedUser, MintedToken } from '../../lib/oauth/administration.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import type { Administration } from './administration.ts'
import { cell, count } from './cells.ts'
import { createEdgeKnock, type EdgeKnock, portsOf } from './edge-knock.ts'

export interface UserEnding {
  readonly user: string
  readonly verb: 'revoke' | 'disable'
  readonly forgetSecrets?: true | undefined
}

export interface UserEndingOptions {
  readonly yes?: true
  readonly forgetSecrets?: true
}

export const FORGET_SECRETS_OPTION = [
  '--forget-secrets',
  'also delete what they have entered for services, for good',
] as const

/**
 * A token of the person's own is made for it, which lives for a minute: it is let in before, and what is
 * measured is from the command to the first refusal since which nobody lets it in any more.
 */
export async function endUser(
  context: Context,
  administration: Administration,
  { user, verb, forgetSecrets }: UserEnding,
): Promise<void> {
  const edge = await openProbe(context.environment, administration, user)
  try {
    const startedAt = performance.now()
    const question = { user, forget_secrets: forgetSecrets }
    const ended = await administration.ask<EndedUser>(`users/${verb}`, question)
    if (edge === undefined) context.output.note(NOT_MEASURED)
    const closing = await edge?.closes()
    const refused_after_ms =
      typeof closing === 'object' ? Math.ceil(closing.closedAt - startedAt) : null
    const told = { ...ended, refused_after_ms }
    context.output.result(told, () => toLines(told))
    if (closing === 'open') throw stillOpen(user)
    if (closing === 'silent') throw fellSilent()
  } finally {
    edge?.leave()
  }
}

const NOT_MEASURED = 'The edge cannot be asked from here: how long it takes is not measured.'

/** Undefined where the edge cannot be asked from here: then nothing is measured, and ending goes on. */
async function openProbe(
  environment: Environment,
  administration: Administration,
  user: string,
): Promise<EdgeKnock | undefined> {
  const edges = await toEdges(administration, user, environment)
  for (const edge of edges) {
    if (await edge.opens()) return edge
    edge.leave()
  }
  return undefined
}

/** None where no token can be made: whatever keeps it from being measured must not keep it from being done. */
async function toEdges(
  administration: Administration,
  user: string,
  environment: Environment,
): Promise<readonly EdgeKnock[]> {
  try {
    const { url, access_token: token } = await administration.ask<MintedToken>('users/probe', {
      user,
    })
    return portsOf(url, environment).map((one) => createEdgeKnock(url, token, one))
  } catch (error) {
    if (error instanceof CliError) return []
    throw error
  }
}

type Told = EndedUser & { readonly refused_after_ms: number | null }

function toLines({
  user,
  grants,
  disabled,
  secrets_deleted: secrets,
  refused_after_ms: ms,
}: Told): string[] {
  const next = disabled
    ? `They cannot log in again: gateway users enable ${cell(user)} lets them.`
    : 'They may log in again, as far as the access rules let them: gateway users disable keeps them out.'
  return [
    `Everything of ${cell(user)} has ended: logins, tokens, remembered approvals, ${count(grants, 'grant')}.`,
    ...(ms === null ? [] : [`The edge refuses their tokens ${ms} ms after the command.`]),
    ...(secrets === null ? [] : [`${count(secrets, 'secret')} of theirs deleted.`]),
    next,
  ]
}

function stillOpen(user: string): CliError {
  return new CliError(`The edge still lets tokens of ${user} in.`, {
    nextStep: 'gateway status, then gateway logs ext-authz',
  })
}

function fellSilent(): CliError {
  return new CliError('The edge does not answer any more: nobody saw it refuse their tokens.', {
    nextStep: 'gateway status, then gateway logs envoy',
  })
}
