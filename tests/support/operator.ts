/** An operator at the authorization server's own socket. */

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJsonLines, toJsonLine } from '../../lib/platform/json-lines.ts'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import { type AuditRecord, kindOf, lastAudit } from '../../lib/store/audit-record.ts'
import { createAdminServer } from '../../oauth-server/admin/admin-server.ts'
import type { LoginWorld } from './login-world.ts'

export interface Operator {
  /** Status and body of the answer. */
  ask(name: string, input?: object): Promise<{ readonly status: number; readonly body: never }>
  /** As `ask`, for what must succeed. */
  told<Body>(name: string, input?: object): Promise<Body>
  /** What operators did. */
  audit(): Promise<readonly AuditRecord[]>
  stop(): Promise<void>
}

function isAdministration({ action }: AuditRecord): boolean {
  return kindOf(action) === 'administration'
}

export async function startOperator({ ports, valkey }: LoginWorld): Promise<Operator> {
  const redis = await valkey.connect()
  const server = createAdminServer(ports)
  const path = join(tmpdir(), `operator-${randomBytes(6).toString('hex')}`)
  await listenOnSocket(server, path)
  const socket = connect({ path })
  const answers = readJsonLines(socket, 10_000_000)
  const ask: Operator['ask'] = async (name, input = {}) => {
    socket.write(toJsonLine({ name, operator: 'tester', input }))
    return (await answers.next()).value as Awaited<ReturnType<Operator['ask']>>
  }
  return {
    ask,
    async told(name, input) {
      const { status, body } = await ask(name, input)
      if (status !== 200) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`)
      return body
    },
    audit: async () => (await lastAudit(redis, 1000, isAdministration)).map(({ record }) => record),
    async stop() {
      socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
