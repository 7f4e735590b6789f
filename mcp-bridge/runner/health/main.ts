/**
 * What health.pl tells, for containers that have no Perl: images of the operator's own. It exits with 0 or 1, in
 * a few seconds at most, and leaves nothing behind.
 *
 * It is started again and again: it imports next to nothing.
 */

import { connect } from 'node:net'
import { PacketReader, toPacket } from '../packets.ts'

const ANSWER_MS = 3000

const { MCP_RUNNER_SOCKET } = process.env

function end(fault: string | undefined): never {
  if (fault !== undefined) console.error(`the runner at ${MCP_RUNNER_SOCKET} ${fault}`)
  process.exit(fault === undefined ? 0 : 1)
}

if (MCP_RUNNER_SOCKET === undefined) end('is not known: MCP_RUNNER_SOCKET is not set')
const reader = new PacketReader(0, (kind) => end(kind === 'healthy' ? undefined : 'said otherwise'))
const socket = connect(MCP_RUNNER_SOCKET)
socket.on('data', (chunk) => reader.write(chunk))
socket.once('error', (error) => end(`cannot be reached: ${error.message}`))
socket.once('close', () => end('closed the connection'))
socket.write(toPacket('health'))
setTimeout(() => end(`does not answer within ${ANSWER_MS / 1000} s`), ANSWER_MS)
