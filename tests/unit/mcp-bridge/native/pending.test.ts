import test from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { PENDING_PER_SESSION_MAX } from '../../../../mcp-bridge/limits.ts'
import { NativeSession } from '../../../../mcp-bridge/native/native-session.ts'

const OWNER = { user: 'dev:ann', client: 'client', service: 'svc' }

test('requests of a native session that wait are bounded as those of others are', (t) => {
  const session = new NativeSession('id', OWNER, '2025-11-25', () => {})
  const leave = Array.from({ length: PENDING_PER_SESSION_MAX }, () => session.enter())
  const fault = t.throws(() => session.enter(), { instanceOf: RpcFault })
  t.is(fault?.status, 429)
  t.is(fault?.options.headers?.['retry-after'], '1')
  leave[0]?.()
  t.notThrows(() => session.enter())
})
