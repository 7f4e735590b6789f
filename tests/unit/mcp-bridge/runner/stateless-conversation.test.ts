import test from 'ava'
import type { RpcMessage } from '../../../../mcp-bridge/json-rpc.ts'
import type { Call, ProcessUser } from '../../../../mcp-bridge/runner/process-user.ts'
import { StatelessConversation } from '../../../../mcp-bridge/runner/stateless-conversation.ts'
import { META } from '../../../../mcp-bridge/stateless/envelope.ts'

/** A process that several people share, and who has heard what it logs. */
function setUp() {
  const open = new Map<Call, ProcessUser>()
  const heard: (string | undefined)[] = []
  const conversation = new StatelessConversation(
    {
      forward: (user, call) => void open.set(call, user),
      find: () => undefined,
      open: () => [...open].map(([call, user]) => ({ call, user })),
      settle: () => {},
      send: () => {},
      deliver: (_: RpcMessage, hearers) =>
        void heard.push(...[...hearers].map((one) => one.userId)),
    },
    true,
  )
  const ask = (userId: string): Call => {
    const user = { userId, isCongested: false, deliver: () => {}, processEnded: () => {} }
    const call = { id: 1, settle: () => {} }
    const params = { _meta: { [META.logLevel]: 'info' } }
    conversation.request(user, call, { jsonrpc: '2.0', id: 1, method: 'tools/call', params })
    return call
  }
  const cancel = (call: Call): void => {
    open.delete(call)
    conversation.dropped(call)
  }
  const log = (): void => {
    const notification = { jsonrpc: '2.0', method: 'notifications/message', params: {} } as const
    conversation.receiveNotification(notification, undefined)
  }
  return { ask, cancel, log, heard }
}

test('what a server logs after a cancellation reaches nobody else', (t) => {
  const { ask, cancel, log, heard } = setUp()
  const call = ask('ann')
  log()
  cancel(call)
  ask('ann')
  log()
  t.deepEqual(heard, ['ann', 'ann'])
  const another = ask('bob')
  log()
  cancel(another)
  log()
  t.deepEqual(heard, ['ann', 'ann'], 'it may be about what bob has asked')
})
