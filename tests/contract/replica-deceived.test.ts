/** What could make a replica believe that it knows everything: clocks that are set, and stores that are put back. */

import test from 'ava'
import { begin, by, presented, until } from '../support/replica.ts'

const seconds = (): number => Math.floor(Date.now() / 1000)

test('a clock that is set forward and back: what was let go as ended is read again', async (t) => {
  let offMs = 0
  const { revocations, replica } = await begin(t, { clock: () => Date.now() + offMs })
  await revocations.revoke('token', 'token-a', seconds() + 3600)
  await until(() => replica.figures().revocations === 1)
  offMs = 7_200_000
  replica.forget()
  t.is(replica.figures().revocations, 0)
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  offMs = 0
  t.is(by(replica.judge(presented('a'))), 'unknown')
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  t.is(by(replica.judge(presented('a'))), 'token')
})

test('a clock that falls while memory lacks nothing makes it doubtful until the next proof', async (t) => {
  let offMs = 0
  const { replica } = await begin(t, { clock: () => Date.now() + offMs })
  offMs = -3_600_000
  t.is(by(replica.judge(presented('any'))), 'unknown')
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  t.is(replica.figures().loads, 1)
})
