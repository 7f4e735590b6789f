import test from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { REMOTE_REQUESTS_MAX } from '../../../../mcp-bridge/limits.ts'
import { Room } from '../../../../mcp-bridge/remote/room.ts'

const HALF = REMOTE_REQUESTS_MAX / 2

test('nobody has more than half, whatever that one does', (t) => {
  const room = new Room('docs')
  const leave = Array.from({ length: HALF }, () => room.take('ann'))
  const fault = t.throws<RpcFault>(() => room.take('ann'), { instanceOf: RpcFault })
  t.is(fault?.status, 503)
  t.regex(fault?.message ?? '', /service docs/)
  t.notThrows(() => room.take('ben'))
  leave[0]?.()
  t.notThrows(() => room.assertLeft('ann'))
})

test('when it is full nobody more comes in; who has left twice has left once', (t) => {
  const room = new Room('docs')
  for (let n = 0; n < HALF; n += 1) room.take('ann')
  const leave = Array.from({ length: HALF }, (_, n) => room.take(`p${n}`))
  t.throws(() => room.take('cora'), { instanceOf: RpcFault })
  leave[0]?.()
  leave[0]?.()
  t.notThrows(() => room.take('cora'))
  t.throws(() => room.take('cora'), { instanceOf: RpcFault })
})
