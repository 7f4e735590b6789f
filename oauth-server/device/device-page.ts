/** The pages for a person whose device waits: the code, the question, and the way back. */

import type Koa from 'koa'
import { toObjection, toOffers } from '../authorize/consent-page.ts'
import type { Client } from '../clients/client.ts'
import { addressKey, clientAddress } from '../http/client-address.ts'
import { toWays } from '../login/ways.ts'
import { renderPage } from '../pages/render.ts'
import type { Phrase } from '../pages/words/words.ts'
import type { Ports } from '../ports.ts'
import type { DeviceRequest } from '../store/devices.ts'
import type { Login } from '../store/logins.ts'
import { formatUserCode } from './user-code.ts'

/** @param entered what the person typed, when that was wrong. */
export function showCodePage(ctx: Koa.Context, entered?: string): void {
  renderPage(ctx, 'device-code', { entered })
  if (entered !== undefined) ctx.status = 400
}

export interface DeviceQuestion {
  readonly confirmationId: string
  readonly userCode: string
  readonly request: DeviceRequest
  readonly client: Client
  readonly login: Login | undefined
  /** The service that was chosen the last time, where there is a choice. */
  readonly chosen?: string | undefined
  /** What was wrong with the last answer, for the person. */
  readonly problem?: Phrase | undefined
}

export async function showDevicePage(
  ctx: Koa.Context,
  ports: Ports,
  question: DeviceQuestion,
): Promise<void> {
  const { confirmationId, userCode, request, client, login, chosen, problem } = question
  const { address, requestedAt, service } = request
  renderPage(ctx, 'device', {
    clientName: client.name,
    userCode: formatUserCode(userCode),
    address,
    isElsewhere: addressKey(address) !== addressKey(clientAddress(ctx)),
    requestedAt: new Date(requestedAt * 1000),
    minutesAgo: Math.floor((ports.clock() - requestedAt * 1000) / 60_000),
    services: await toOffers(ports, request, login),
    isChoice: service === undefined,
    service: chosen,
    ways: toWays(ports, { login }),
    confirmationId,
    problem: problem ?? (await toObjection(ports, request, login)),
  })
}

export function showDonePage(ctx: Koa.Context, decision: 'approve' | 'deny'): void {
  renderPage(ctx, 'device-done', { isApproved: decision === 'approve' })
}
