import test from 'ava'
import { createLog } from '../../../../lib/platform/log.ts'
import type { RpcMessage } from '../../../../mcp-bridge/json-rpc.ts'
import { MESSAGE_VALUES_MAX } from '../../../../mcp-bridge/limits.ts'
import { launchChild } from '../../../../mcp-bridge/runner/child.ts'
import type { HostedEvents, LaunchOrder } from '../../../../mcp-bridge/runner/host.ts'
import type { OversizedCall } from '../../../../mcp-bridge/runner/oversized.ts'
import { Unread } from '../../../../mcp-bridge/unread.ts'
import { fakeHost } from '../../../support/fake-host.ts'

const ORDER: LaunchOrder = {
  service: 'svc',
  owner: undefined,
  command: 'run',
  args: [],
  env: {},
  cwd: '/',
  folders: [],
  stopCommand: undefined,
  isLent: false,
  frameBytesMax: 1024 * 1024,
}

/** A child whose program is the test. */
function child() {
  const messages: RpcMessage[] = []
  const oversized: OversizedCall[] = []
  const lines: string[] = []
  const said: { hosted?: HostedEvents } = {}
  const host = fakeHost()
  const events = {
    message: (message: RpcMessage) => void messages.push(message),
    oversized: (call: OversizedCall) => void oversized.push(call),
    ended: () => {},
  }
  const launch: typeof host.launch = (order, hosted) => {
    said.hosted = hosted
    return host.launch(order, hosted)
  }
  const log = createLog('test', 'warn', { write: (line) => void lines.push(line) })
  const input = { unread: new Unread(), holder: () => 'ann' }
  launchChild({ ...host, launch }, ORDER, events, { input, log })
  const say = (line: string): void => said.hosted?.frame(Buffer.from(line))
  return { say, messages, oversized, lines }
}

test('a message with more values than are read at once is skipped, and fails its call', (t) => {
  const { say, messages, oversized, lines } = child()
  const zeros = Array(MESSAGE_VALUES_MAX + 1).fill('-0')
  say(`{"jsonrpc":"2.0","id":7,"result":{"a":[${zeros.join(',')}]}}`)
  t.deepEqual(messages, [])
  t.deepEqual(oversized, [7])
  t.regex(lines.join(), /skipped a message of the server beyond the limit/)
})

test('a message that is nested too deeply to be read is skipped, and fails its call', (t) => {
  const { say, messages, oversized } = child()
  const deep = `${'['.repeat(50_000)}1.0${']'.repeat(50_000)}`
  say(`{"jsonrpc":"2.0","id":7,"result":${deep}}`)
  t.deepEqual(messages, [])
  t.deepEqual(oversized, [7])
})

test('what is no message is told, and nothing else comes of it', (t) => {
  const { say, messages, oversized, lines } = child()
  for (const line of ['hello', '{"broken":', '{"jsonrpc":"1.0"}', '']) say(line)
  t.deepEqual(messages, [])
  t.deepEqual(oversized, [])
  t.regex(lines.join(), /server printed what is not a message/)
})
