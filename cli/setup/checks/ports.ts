/** Whether the ports are free, or served by this gateway already. */

import { request } from 'node:https'
import { request as plainRequest } from '../../../lib/platform/node-http.ts'
import { refuseUpgrade } from '../../../lib/platform/refuse-upgrade.ts'
import { findHolder, isListenedOn, tryListen } from '../../instance/ports.ts'
import type { Finding } from '../finding.ts'

export type PortState =
  | { readonly kind: 'free' }
  /** A gateway answers there. */
  | { readonly kind: 'ours' }
  | { readonly kind: 'taken'; readonly by: string | undefined }
  /** By the system, to this account. */
  | { readonly kind: 'forbidden' }

const PROBE_MS = 3000
/** What this gateway answers to a host that is not its own. */
const MISDIRECTED = 421

/** @param mayListen false where somebody else will listen: whether this account may is beside the point. */
export async function portStateOf(
  port: number,
  { mayListen }: { readonly mayListen: boolean },
): Promise<PortState> {
  if (!isListenedOn(port)) {
    const code = mayListen ? await tryListen(port, '127.0.0.1') : undefined
    if (code === 'EACCES') return { kind: 'forbidden' }
    if (code !== 'EADDRINUSE') return { kind: 'free' }
  }
  if (await isOurs(port)) return { kind: 'ours' }
  const holder = findHolder(port)
  return { kind: 'taken', by: holder && `process ${holder.pid} (${holder.command})` }
}

export async function checkPorts(
  ports: readonly number[],
  stateOf: (port: number) => Promise<PortState>,
  { isCompose }: { readonly isCompose: boolean },
): Promise<Finding[]> {
  return await Promise.all(
    ports.map(async (port) => ({
      about: `port ${port}`,
      ...judge(await stateOf(port), port, isCompose),
    })),
  )
}

function judge(state: PortState, port: number, isCompose: boolean): Omit<Finding, 'about'> {
  switch (state.kind) {
    case 'free':
      return { verdict: 'good', text: 'is free' }
    case 'ours':
      return { verdict: 'good', text: 'a gateway answers there already' }
    case 'taken':
      return {
        verdict: 'bad',
        text: `is in use by ${state.by ?? 'another program'}`,
        fix: `end it, or give the gateway another one (--port); --no-check goes on without`,
      }
    case 'forbidden':
      return {
        verdict: 'doubtful',
        text: 'this account may not listen there',
        fix: isCompose
          ? 'run it with Docker'
          : `sysctl net.ipv4.ip_unprivileged_port_start=${port}, or run it with Docker: docker compose up -d`,
      }
  }
}

/** Asks for a host that nobody has, over TLS and in clear. */
async function isOurs(port: number): Promise<boolean> {
  const answers = await Promise.all([probe(request, port), probe(plainRequest, port)])
  return answers.includes(MISDIRECTED)
}

function probe(ask: typeof request, port: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const asked = ask({
    host: '127.0.0.1',
    port,
    path: '/',
    headers: { host: 'nobody.invalid' },
    // Nothing is told to it: whom it is certified for is no matter.
    rejectUnauthorized: false,
    signal: AbortSignal.timeout(PROBE_MS),
  })
  asked.once('response', (answer) => {
    resolve(answer.statusCode)
    answer.destroy()
  })
  asked.on('error', () => resolve(undefined))
  refuseUpgrade(asked, () => resolve(undefined))
  asked.end()
  return promise
}
