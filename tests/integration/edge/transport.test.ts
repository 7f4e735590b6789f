/** What both servers must do alike, asked by grpc-js as a client. */

import { statSync } from 'node:fs'
import { createServer as createNetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import { createServer, TRANSPORTS } from '../../../ext-authz/server.ts'
import { MESSAGE_BYTES_MAX } from '../../../ext-authz/transport/http2/limits.ts'
import { CallFault, STATUS } from '../../../ext-authz/transport/status.ts'
import { createLog } from '../../../lib/platform/log.ts'
import { startGrpc, toMethods } from '../../support/grpc-servers.ts'

const same = (bytes: Buffer): Buffer => bytes
const upper = (bytes: Buffer): Buffer => Buffer.from(bytes.toString().toUpperCase())

function connect(socket: string): Client {
  return new Client(`unix:${socket}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
  })
}

function call(client: Client, path: string, message: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  client.makeUnaryRequest(path, same, same, message, (error, answer) => {
    if (error) reject(error)
    else resolve(answer ?? Buffer.alloc(0))
  })
  return promise
}

async function fault(client: Client, path: string, message: Buffer): Promise<ServiceError> {
  try {
    await call(client, path, message)
  } catch (error) {
    return error as ServiceError
  }
  throw new Error('it was answered')
}

/** Sends each after the answer to the one before. */
async function converse(client: Client, path: string, messages: readonly string[]) {
  const stream = client.makeBidiStreamRequest(path, same, same)
  const answers: string[] = []
  const ended = Promise.withResolvers<void>()
  stream.on('error', ended.reject)
  stream.on('end', ended.resolve)
  stream.on('data', (answer: Buffer) => {
    answers.push(answer.toString())
    const next = messages[answers.length]
    if (next === undefined) stream.end()
    else stream.write(Buffer.from(next))
  })
  stream.write(Buffer.from(messages[0] ?? ''))
  await ended.promise
  return answers
}

const METHODS = {
  '/test.Echo/Now': upper,
  '/test.Echo/Later': async (bytes: Buffer) => {
    await sleep(5)
    return upper(bytes)
  },
  '/test.Echo/Throws': () => {
    throw new Error('the handler’s own words')
  },
  '/test.Echo/Refuses': () => {
    throw new CallFault(STATUS.notFound, 'nothing of this name')
  },
  '/test.Echo/Rejects': () => Promise.reject(new Error('the handler’s own words')),
}
const STREAMING = {
  '/test.Echo/Each': upper,
  '/test.Echo/EachLater': async (bytes: Buffer) => {
    await sleep(1)
    return upper(bytes)
  },
  '/test.Echo/EachThrows': (bytes: Buffer) => {
    if (bytes.length === 0) throw new Error('the handler’s own words')
    return bytes
  },
}

const running = await Promise.all(
  TRANSPORTS.map(async (transport) => {
    const server = await startGrpc(transport, METHODS, STREAMING)
    return { transport, server, client: connect(server.socket) }
  }),
)

test.after.always(async () => {
  for (const { client, server } of running) {
    client.close()
    await server.close()
  }
})

for (const { transport, server, client } of running) {
  for (const path of ['/test.Echo/Now', '/test.Echo/Later']) {
    test(`${transport}: ${path} answers, also nothing and much`, async (t) => {
      for (const length of [0, 1, 100, 16_384, 70_000, MESSAGE_BYTES_MAX]) {
        const answer = await call(client, path, Buffer.alloc(length, 'a'))
        t.true(answer.equals(Buffer.alloc(length, 'A')), `${length} bytes`)
      }
    })

    test(`${transport}: ${path} mixes up no two of a thousand at once`, async (t) => {
      const names = Array.from({ length: 1000 }, (_, index) => `caller ${index}`)
      const answers = await Promise.all(
        names.map((name) => call(client, path, Buffer.from(name.padEnd(name.length * 20)))),
      )
      t.deepEqual(
        answers.map((answer) => answer.toString().trim()),
        names.map((name) => name.toUpperCase()),
      )
    })
  }

  for (const path of ['/test.Echo/Each', '/test.Echo/EachLater']) {
    test(`${transport}: ${path} answers each message of a stream in turn`, async (t) => {
      const messages = ['one', 'two', 'x'.repeat(100_000), '', 'five']
      t.deepEqual(
        await converse(client, path, messages),
        messages.map((message) => message.toUpperCase()),
      )
    })

    test(`${transport}: ${path} answers what was sent without waiting`, async (t) => {
      const stream = client.makeBidiStreamRequest(path, same, same)
      const answers: string[] = []
      const sent = Array.from({ length: 30 }, (_, index) => `message ${index}`)
      for (const message of sent) stream.write(Buffer.from(message))
      stream.end()
      for await (const answer of stream) answers.push(String(answer))
      t.deepEqual(
        answers,
        sent.map((message) => message.toUpperCase()),
      )
    })
  }

  test(`${transport}: a method that nobody has is UNIMPLEMENTED`, async (t) => {
    t.is((await fault(client, '/test.Echo/Unknown', Buffer.from('x'))).code, status.UNIMPLEMENTED)
    t.is((await fault(client, '/other.Service/Now', Buffer.alloc(0))).code, status.UNIMPLEMENTED)
    const streamed = await t.throwsAsync<ServiceError>(converse(client, '/no/Stream', ['x']))
    t.is(streamed?.code, status.UNIMPLEMENTED)
  })

  for (const path of ['/test.Echo/Throws', '/test.Echo/Rejects']) {
    test(`${transport}: ${path} is INTERNAL, and its words stay in the log`, async (t) => {
      const { code, details } = await fault(client, path, Buffer.from('x'))
      t.is(code, status.INTERNAL)
      t.is(details, 'internal error')
      const lines = server.logged.filter(({ method }) => method === path)
      t.is((lines[0]?.['err'] as Error | undefined)?.message, 'the handler’s own words')
    })
  }

  test(`${transport}: a method that means a status ends with it, and nothing is logged`, async (t) => {
    const { code, details } = await fault(client, '/test.Echo/Refuses', Buffer.from('x'))
    t.is(code, status.NOT_FOUND)
    t.is(details, 'nothing of this name')
    t.false(server.logged.some(({ method }) => method === '/test.Echo/Refuses'))
  })

  test(`${transport}: a stream’s method that throws ends it with INTERNAL`, async (t) => {
    const error = await t.throwsAsync<ServiceError>(
      converse(client, '/test.Echo/EachThrows', ['fine', '']),
    )
    t.is(error?.code, status.INTERNAL)
    t.is(error?.details, 'internal error')
  })

  test(`${transport}: a message too large is RESOURCE_EXHAUSTED, and the next is answered`, async (t) => {
    const large = Buffer.alloc(MESSAGE_BYTES_MAX + 1)
    t.is((await fault(client, '/test.Echo/Now', large)).code, status.RESOURCE_EXHAUSTED)
    t.is((await call(client, '/test.Echo/Now', Buffer.from('next'))).toString(), 'NEXT')
  })

  test(`${transport}: a caller that gives up harms nobody`, async (t) => {
    const callers = Array.from({ length: 50 }, () => {
      const { promise, resolve } = Promise.withResolvers<number | undefined>()
      const running = client.makeUnaryRequest(
        '/test.Echo/Later',
        same,
        same,
        Buffer.from('gone'),
        (error) => resolve(error?.code),
      )
      setImmediate(() => running.cancel())
      return promise
    })
    t.true((await Promise.all(callers)).includes(status.CANCELLED))
    t.is((await call(client, '/test.Echo/Later', Buffer.from('here'))).toString(), 'HERE')
  })

  test(`${transport}: the socket is the operator’s alone, in the place of a dead one`, async (t) => {
    const path = `${server.socket}-dead`
    const dead = createNetServer()
    await new Promise<void>((resolve) => dead.listen(path, resolve))
    const heir = await createServer(transport, toMethods(METHODS), createLog('test', 'error'))
    await heir.listen(path)
    t.is(statSync(path).mode & 0o777, 0o600)
    const asking = connect(path)
    t.is((await call(asking, '/test.Echo/Now', Buffer.from('heir'))).toString(), 'HEIR')
    asking.close()
    await heir.close()
    dead.close()
  })

  test(`${transport}: closing finishes what runs, and takes nothing new`, async (t) => {
    const started = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const closing = await startGrpc(transport, {
      '/test.Slow/Call': async (bytes) => {
        started.resolve()
        await release.promise
        return upper(bytes)
      },
    })
    const asking = connect(closing.socket)
    const answer = call(asking, '/test.Slow/Call', Buffer.from('late'))
    await started.promise
    const closed = closing.close()
    await sleep(50)
    const refused = fault(connect(closing.socket), '/test.Slow/Call', Buffer.from('new'))
    release.resolve()
    t.is((await answer).toString(), 'LATE')
    t.is((await refused).code, status.UNAVAILABLE)
    await closed
    asking.close()
  })

  test(`${transport}: closing does not wait for ever`, async (t) => {
    const started = Promise.withResolvers<void>()
    const never = await startGrpc(transport, {
      '/test.Never/Call': () => {
        started.resolve()
        return new Promise<Buffer>(() => undefined)
      },
    })
    const asking = connect(never.socket)
    const refused = fault(asking, '/test.Never/Call', Buffer.from('x'))
    await started.promise
    await never.close()
    t.true([status.UNAVAILABLE, status.INTERNAL, status.CANCELLED].includes((await refused).code))
    asking.close()
  })
}
