/** The pages for a person whose device waits: the code, the question, and the way back. */

import type Koa from 'koa'
import { toOffers } from '../authorize/consent-page.ts'
import type { Client } from '../clients/client.ts'
import { addressKey, clientAddress } from '../http/client-address.ts'
import { renderPage } from '../pages/render.ts'
import type { Ports } from '../ports.ts'
import type { DeviceRequest } from '../store/devices.ts'
import type { Login } from '../store/logins.ts'
import { formatUserCode } from './user-code.ts'

/** @param entered what the person typed, when that was wrong. */
export function showCodePage(ctx: Koa.Context, entered?: string): void {
  renderPage(ctx, 'device-code', { title: 'Connect a device', entered })
  if (entered !== undefined) ctx.status = 400
}

export interface DeviceQuestion {
  readonly confirmationId: string
  readonly userCode: string
  readonly request: DeviceRequest
  readonly client: Client
  readonly login: Login | undefined
  /** What was wrong with the last answer, for the person. */
  readonly problem?: string
}

export function showDevicePage(ctx: Koa.Context, ports: Ports, question: DeviceQuestion): void {
  const { confirmationId, userCode, request, client, login, problem } = question
  const { address, requestedAt, service } = request
  renderPage(ctx, 'device', {
    title: 'Connect a device?',
    clientName: client.name ?? 'An application without a name',
    userCode: formatUserCode(userCode),
    address,
    isElsewhere: addressKey(address) !== addressKey(clientAddress(ctx)),
    requestedAt: new Date(requestedAt * 1000),
    minutesAgo: Math.floor((ports.clock() - requestedAt * 1000) / 60_000),
    services: toOffers(ports, request),
    isChoice: service === undefined,
    userName: login?.userName,
    confirmationId,
    problem,
  })
}

export function showDonePage(ctx: Koa.Context, decision: 'approve' | 'deny'): void {
  const title = decision === 'approve' ? 'Your device is connected' : 'Your device was refused'
  renderPage(ctx, 'device-done', { title, isApproved: decision === 'approve' })
}
