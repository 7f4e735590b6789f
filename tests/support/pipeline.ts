/**
 * Very many calls on one connection, a number of them always under way, as Envoy makes them: fields from
 * the table, small messages, credit given back for content. Each answer is compared with its question.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Transport } from '../../ext-authz/server.ts'
import { FLAG, FRAME, SETTING } from '../../ext-authz/transport/http2/protocol.ts'
import { answerOf, connectRaw, frame, hello, request, requestFields, uint32 } from './raw-http2.ts'

const CALL = '/test.Soak/Call'
/** What Envoy asks has about as much. */
const QUESTION_BYTES = 1300
const CREDIT_BYTES = 32_768

export interface Usage {
  readonly cpuMicroseconds: number
  readonly rss: number
  readonly heapUsed: number
}

export interface MeasuredServer {
  readonly socket: string
  usage(): Promise<Usage>
  stop(): Promise<void>
}

export async function startMeasured(transport: Transport): Promise<MeasuredServer> {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'))
  const socket = join(folder, 's.sock')
  const file = join(import.meta.dirname, '../fixtures/grpc-server.ts')
  // As the supervisor starts ext-authz.
  const execArgv = ['--max-semi-space-size=1']
  const child: ChildProcess = fork(file, [transport, socket], { execArgv })
  await once(child, 'message')
  return {
    socket,
    usage: async () => JSON.parse(await callOnce(socket, '/test.Soak/Usage')),
    async stop() {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function callOnce(socket: string, path: string): Promise<string> {
  const peer = await connectRaw(socket)
  peer.send(hello(), request(1, path, ''))
  await peer.find(
    ({ type, streamId, flags }) =>
      type === FRAME.headers && streamId === 1 && (flags & FLAG.endStream) !== 0,
  )
  peer.socket.destroy()
  return answerOf(peer.received, 1).subarray(5).toString()
}

export interface PipelineOptions {
  readonly calls: number
  readonly underWay: number
  /** Called once for each so many answers. */
  readonly every?: { readonly calls: number; report(answered: number): void }
}

/** Resolves with the seconds it took; rejects when an answer is not its question's, or none comes. */
export function runPipeline(path: string, options: PipelineOptions): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const startedAt = performance.now()
  const socket = connect(path)
  const peer = createPeer(options)
  socket.on('error', reject)
  socket.once('close', () => reject(new Error(`closed after ${peer.answered()} answers`)))
  socket.write(Buffer.concat([hello({ [SETTING.initialWindowSize]: 1_000_000 }), peer.begin()]))
  socket.on('data', (chunk) => {
    try {
      const next = peer.read(chunk)
      if (next.length > 0) socket.write(next)
    } catch (error) {
      reject(error)
      socket.destroy()
    }
    if (peer.answered() < options.calls) return
    resolve((performance.now() - startedAt) / 1000)
    socket.destroy()
  })
  return promise
}

interface Peer {
  begin(): Buffer
  read(chunk: Buffer): Buffer
  answered(): number
}

function createPeer({ calls, underWay, every }: PipelineOptions): Peer {
  const question = createQuestions()
  let asked = 0
  let answered = 0
  let uncredited = 0
  let rest = Buffer.alloc(0)
  let out: Buffer[] = []
  const ask = (): void => {
    if (asked >= calls) return
    out.push(question(2 * asked + 1, asked === 0))
    asked += 1
  }
  const onFrame = (bytes: Buffer, at: number, end: number): void => {
    const [type, flags] = [bytes.readUInt8(at + 3), bytes.readUInt8(at + 4)]
    const streamId = bytes.readUInt32BE(at + 5)
    if (type === FRAME.data) {
      assertAnswer(bytes, at + 9, streamId)
      uncredited += end - at - 9
    } else if (type === FRAME.headers && (flags & FLAG.endStream) !== 0) {
      answered += 1
      if (every !== undefined && answered % every.calls === 0) every.report(answered)
      ask()
    } else if (type === FRAME.goAway || type === FRAME.resetStream) {
      throw new Error(`frame ${type} of stream ${streamId} after ${answered} answers`)
    }
  }
  const take = (): Buffer => {
    if (uncredited >= CREDIT_BYTES) {
      out.push(frame(FRAME.windowUpdate, 0, 0, uint32(uncredited)))
      uncredited = 0
    }
    const all = Buffer.concat(out)
    out = []
    return all
  }
  return {
    answered: () => answered,
    begin() {
      for (let count = 0; count < underWay; count += 1) ask()
      return take()
    },
    read(chunk) {
      rest = eachFrame(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), onFrame)
      return take()
    },
  }
}

/** @returns what is not a whole frame yet. */
function eachFrame(
  bytes: Buffer,
  onFrame: (bytes: Buffer, start: number, end: number) => void,
): Buffer<ArrayBuffer> {
  let at = 0
  while (bytes.length - at >= 9) {
    const end = at + 9 + (bytes.readUInt32BE(at) >>> 8)
    if (end > bytes.length) break
    onFrame(bytes, at, end)
    at = end
  }
  return Buffer.from(bytes.subarray(at))
}

function assertAnswer(bytes: Buffer, start: number, streamId: number): void {
  if (bytes.readUInt32BE(start + 5) === streamId) return
  throw new Error(`stream ${streamId} got the answer of ${bytes.readUInt32BE(start + 5)}`)
}

/** Each has its stream's id as its first bytes. The first puts its fields into the table. */
function createQuestions(): (streamId: number, isFirst: boolean) => Buffer {
  const body = Buffer.alloc(QUESTION_BYTES, 'q')
  const prefix = Buffer.concat([Buffer.from([0]), uint32(body.length)])
  const data = frame(FRAME.data, FLAG.endStream, 0, Buffer.concat([prefix, body]))
  const whole = (block: Buffer): Buffer =>
    Buffer.concat([frame(FRAME.headers, FLAG.endHeaders, 0, block), data])
  const first = whole(remembered(requestFields(CALL)))
  const count = requestFields(CALL).length
  const others = whole(
    Buffer.from(Array.from({ length: count }, (_, at) => 0x80 + 61 + count - at)),
  )
  return (streamId, isFirst) => {
    const bytes = Buffer.from(isFirst ? first : others)
    bytes.writeUInt32BE(streamId, 5)
    bytes.writeUInt32BE(streamId, bytes.length - data.length + 5)
    bytes.writeUInt32BE(streamId, bytes.length - body.length)
    return bytes
  }
}

/** Literals that go into the table. */
function remembered(entries: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    entries.flatMap(([name, value]) => [
      Buffer.from([0x40, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  )
}
