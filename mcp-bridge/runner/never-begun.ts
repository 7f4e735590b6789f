/** A child that could not be started, as a value like any other: it has ended already. */

import type { Service } from '../../lib/catalogue/service.ts'
import { RpcFault } from '../json-rpc.ts'
import type { HostedChild, HostedEnding } from './host.ts'

/** What the machine has none left of says nothing about the program: descriptors, processes, memory, room on a disk. */
const TEMPORARY = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ENOSPC', 'EDQUOT'])

export function neverBegun(cause: unknown, isTemporary = isOfMachine(cause)): HostedChild {
  const spawnError = cause instanceof Error ? cause : new Error(String(cause))
  const ending: HostedEnding = { exitCode: null, signal: null, spawnError, stderr: '', isTemporary }
  return {
    pid: undefined,
    ended: Promise.resolve(ending),
    gone: Promise.resolve(),
    unreadBytes: 0,
    send: () => {},
    pause: () => {},
    resume: () => {},
    stop: () => Promise.resolve(ending),
    figures: () => Promise.resolve(undefined),
  }
}

export function isOfMachine(error: unknown): boolean {
  return error instanceof Error && 'code' in error && TEMPORARY.has(String(error.code))
}

/** What whoever wanted it is told when the reason may pass. */
export function toNotBegun({ name }: Pick<Service, 'name'>): RpcFault {
  const message = `the service ${name}: could not be started now: try again later`
  return new RpcFault(503, 'refused', message, { headers: { 'retry-after': '2' } })
}
