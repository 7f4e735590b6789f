/** A running gateway takes a change of its file up by itself: waiting until it has, and saying what it holds then. */

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'
import type { ConfigurationStatus, GatewayStatus } from '../instance/status.ts'
import { hashOf } from '../start/configuration-status.ts'

/** It looks four times a second; the rest is for the rooms, and for a machine that is busy. */
const WAIT_MS_MAX = 15_000
const LOOK_EVERY_MS = 200

export type Followed =
  | { readonly state: 'none' }
  | {
      /** `overruled`: the file is in force, and what the gateway was started with says otherwise. */
      readonly state: 'served' | 'refused' | 'overruled' | 'late'
      readonly status: GatewayStatus
    }

/** @param isTakenUp whether what runs is what the file says now. */
export async function follow(
  context: Context,
  isTakenUp: (status: GatewayStatus) => boolean,
): Promise<Followed> {
  const began = context.clock()
  for (;;) {
    const running = await findGateway(stateDirectoryOf(context), context.environment)
    if (running === undefined) return { state: 'none' }
    const { status } = running
    if (status.configuration.faults.length > 0) return { state: 'refused', status }
    if (isInForce(status.configuration)) {
      return { state: isTakenUp(status) ? 'served' : 'overruled', status }
    }
    if (context.clock() - began > WAIT_MS_MAX) return { state: 'late', status }
    await sleep(LOOK_EVERY_MS)
  }
}

/** Of an entry that was replaced the old one is served first. */
function isInForce({ path, sha256 }: ConfigurationStatus): boolean {
  try {
    return hashOf(readFileSync(path, 'utf8')) === sha256
  } catch {
    // Gone or being moved: asked again.
    return false
  }
}

export function serves({ services }: GatewayStatus, name: string): boolean {
  return services.some((service) => service.name === name)
}

/** What a person should know of it, one line each. */
export function followedLines(followed: Followed): string[] {
  if (followed.state === 'none') {
    return [
      'No gateway of this folder runs here: the next start takes it up, and Docker by itself.',
    ]
  }
  const { configuration } = followed.status
  const { faults, secrets_at_restart: secrets } = configuration
  const lines = {
    served: [],
    refused: ['The running gateway does not take it up:', ...faults.map((fault) => `  ${fault}`)],
    overruled: [
      'The running gateway was started with a variable that wins over the file (MCP_…_ENABLED): start it again without.',
    ],
    late: ['The running gateway has not taken it up yet: gateway status tells more.'],
  }[followed.state]
  return secrets.length === 0
    ? lines
    : [...lines, `Secrets are handed out at a start: gateway restart, for ${secrets.join(', ')}.`]
}
