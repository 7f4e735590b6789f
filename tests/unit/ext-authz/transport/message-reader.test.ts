import { randomBytes, randomInt } from 'node:crypto'
import test from 'ava'
import { MessageReader, wholeMessage } from '../../../../ext-authz/transport/grpc/message-reader.ts'
import { MESSAGE_BYTES_MAX } from '../../../../ext-authz/transport/http2/limits.ts'
import { CallFault, STATUS } from '../../../../ext-authz/transport/status.ts'
import { message, uint32 } from '../../../support/raw-http2.ts'

interface Reading {
  readonly reader: MessageReader
  readonly messages: Buffer[]
  held(): number
}

function reading(): Reading {
  const messages: Buffer[] = []
  let held = 0
  const reader = new MessageReader({
    held(bytes) {
      held += bytes
    },
    message: (message) => messages.push(message),
  })
  return { reader, messages, held: () => held }
}

test('messages come out whole however they are split', (t) => {
  for (let round = 0; round < 300; round += 1) {
    const sent = Array.from({ length: randomInt(1, 6) }, () => randomBytes(randomInt(0, 9000)))
    const bytes = Buffer.concat(sent.map(message))
    const { reader, messages, held } = reading()
    const most = [3, 100, 20_000][round % 3] ?? 1
    for (let at = 0; at < bytes.length; ) {
      const next = Math.min(bytes.length, at + randomInt(1, most))
      reader.read(bytes, at, next)
      at = next
    }
    t.false(reader.isWithinMessage)
    if (!Buffer.concat(messages).equals(Buffer.concat(sent))) t.fail('other bytes')
    t.is(messages.length, sent.length)
    t.is(
      held(),
      sent.reduce((sum, { length }) => sum + length, 0),
      'as many bytes are counted as messages have',
    )
  }
})

test('a length that is only claimed takes no memory', (t) => {
  const { reader, held } = reading()
  const start = Buffer.concat([Buffer.from([0]), uint32(MESSAGE_BYTES_MAX), Buffer.alloc(10)])
  reader.read(start, 0, start.length)
  t.true(reader.isWithinMessage)
  t.true(held() <= 4096, `${held()} bytes`)
})

test('one piece that is exactly a message is not copied', (t) => {
  const bytes = Buffer.concat([Buffer.from('before'), message('body'), Buffer.from('after')])
  const whole = wholeMessage(bytes, 6, 15)
  t.is(whole?.toString(), 'body')
  t.is(whole?.buffer, bytes.buffer)
  for (const [start, end] of [
    [6, 14],
    [6, 16],
    [6, 10],
    [6, 6],
  ] as const) {
    t.is(wholeMessage(bytes, start, end), undefined)
  }
})

test('a compressed message is UNIMPLEMENTED', (t) => {
  const bytes = Buffer.from([1, 0, 0, 0, 1, 9])
  t.is(wholeMessage(bytes, 0, bytes.length), undefined)
  const fault = t.throws(() => reading().reader.read(bytes, 0, bytes.length), {
    instanceOf: CallFault,
  })
  t.is(fault?.status, STATUS.unimplemented)
})

test('a message beyond the bound is RESOURCE_EXHAUSTED as soon as it says so', (t) => {
  const bytes = Buffer.concat([Buffer.from([0]), uint32(MESSAGE_BYTES_MAX + 1)])
  const fault = t.throws(() => reading().reader.read(bytes, 0, bytes.length), {
    instanceOf: CallFault,
  })
  t.is(fault?.status, STATUS.resourceExhausted)
  const whole = message(Buffer.alloc(MESSAGE_BYTES_MAX + 1))
  t.throws(() => wholeMessage(whole, 0, whole.length), { instanceOf: CallFault })
  t.is(wholeMessage(whole, 0, whole.length - 1), undefined)
})
