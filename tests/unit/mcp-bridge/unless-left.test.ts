import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import test from 'ava'
import { unlessLeft } from '../../../mcp-bridge/unless-left.ts'

const answer = () => new EventEmitter() as ServerResponse

test('however often one request waits, nothing of it stays on the answer', async (t) => {
  const response = answer()
  for (let count = 0; count < 100; count += 1) {
    t.is(await unlessLeft(response, () => Promise.resolve('a place')), 'a place')
    await t.throwsAsync(unlessLeft(response, () => Promise.reject(new Error('none'))))
  }
  t.is(response.listenerCount('close'), 0)
})

test('who leaves waits no longer', async (t) => {
  const response = answer()
  const waiting = unlessLeft(response, async (left) => {
    t.false(left.aborted)
    response.emit('close')
    return await Promise.resolve(left.aborted)
  })
  t.true(await waiting)
})

test('who had left before does not begin to wait', async (t) => {
  const response = Object.assign(answer(), { destroyed: true })
  t.true(await unlessLeft(response, (left) => Promise.resolve(left.aborted)))
})
