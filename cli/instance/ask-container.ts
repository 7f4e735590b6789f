/** One HTTP request to a socket inside a container of this folder's project, where nobody else reaches it. */

import { text } from 'node:stream/consumers'
import type { Context } from '../context.ts'
import { spawnCompose } from '../docker/spawn-compose.ts'
import type { SocketAnswer } from './ask-socket.ts'

/** What Node there is told to do: the body comes by standard input, and so is in no list of processes. */
const PROGRAM = `
const { buffer, text } = require('node:stream/consumers')
const [socketPath, method, path] = process.argv.slice(1)
buffer(process.stdin).then((body) => {
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const asked = { socketPath, method, path, headers }
  const asking = require('node:http').request(asked, async (answer) => {
    process.stdout.write(JSON.stringify({ status: answer.statusCode, body: await text(answer) }))
  })
  asking.end(body)
})
`

/** @param container of compose.yaml. @throws Error when it does not run, or nobody listens there. */
export async function askContainer(
  context: Pick<Context, 'workingDirectory' | 'environment'>,
  container: string,
  socketPath: string,
  [method, path, body]: readonly [method: string, path: string, body: string],
): Promise<SocketAnswer> {
  const program = ['node', '-e', PROGRAM, socketPath, method, path]
  const { child, exit } = spawnCompose(context, ['exec', '-T', container, ...program])
  child.stdin.end(body)
  const [exitCode, told, errors] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
  if (exitCode !== 0) throw new Error(errors.trim().split('\n').at(-1) ?? '')
  return JSON.parse(told) as SocketAnswer
}
