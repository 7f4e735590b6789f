import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { toUserId } from '../../../mcp-bridge/runner/user-id.ts'
import { startBridge } from '../../support/bridge.ts'
import { events, json, note, open, type RpcBody, rpc, send } from '../../support/mcp.ts'

const FILESYSTEM = '@modelcontextprotocol/server-filesystem'
const own = '${data}/${user.id}'
const files = { npm: FILESYSTEM, args: [own], folders: [own, `${own}-roots`] }
const fixed = { roots: 'fixed', rootFolders: [`${own}-roots`] }
const bridge = await startBridge({
  services: {
    open: { ...files, roots: 'client' },
    deny: { ...files, roots: 'deny' },
    'deny-user': { ...files, roots: 'deny', isolation: 'user' },
    fixed: { ...files, ...fixed },
    'fixed-user': { ...files, ...fixed, isolation: 'user' },
  },
})
test.after.always(() => bridge.stop())

interface Attacker {
  readonly id: string
  /** What the server has asked it. */
  readonly asked: unknown[]
  tool(name: string, args?: object): Promise<string>
  /** Waits until the server has worked on what came before. */
  settle(): Promise<void>
}

/** A client that answers whatever it is asked for folders with /etc. */
async function attack(service: string, capabilities: object): Promise<Attacker> {
  const { id } = await open(bridge, service, { capabilities })
  const asked: unknown[] = []
  const answer = async ({ id: asks, method }: RpcBody): Promise<void> => {
    if (method === undefined || asks === undefined) return
    asked.push(method)
    const result = { roots: [{ uri: 'file:///etc', name: 'etc' }] }
    await send(bridge, service, { jsonrpc: '2.0', id: asks, result }, { session: id })
  }
  const listening = await send(bridge, service, undefined, { session: id })
  const listen = async (): Promise<void> => {
    for await (const message of events(listening)) await answer(message)
  }
  void listen()
  const tool = async (name: string, args: object = {}): Promise<string> => {
    const body = rpc('tools/call', { name, arguments: args }, name)
    const stream = await send(bridge, service, body, { session: id })
    if (stream.headers.get('content-type') !== 'text/event-stream') {
      return JSON.stringify((await json(stream)).result)
    }
    let last = ''
    for await (const message of events(stream)) {
      await answer(message)
      if (message.method === undefined) last = JSON.stringify(message.result)
    }
    return last
  }
  const settle = async (): Promise<void> => {
    // It asks and takes the answer in turns of its own.
    for (let turn = 0; turn < 5; turn += 1) await tool('list_allowed_directories')
  }
  return { id, asked, tool, settle }
}

/** Everything a client can do to have its folders taken. */
async function tryAll(service: string, { id, settle }: Attacker): Promise<void> {
  for (const method of ['notifications/roots/list_changed', 'notifications/initialized']) {
    await send(bridge, service, note(method), { session: id })
    await settle()
  }
  const unasked = { roots: [{ uri: 'file:///etc' }] }
  for (const asks of [0, 1, 2, '0', 'roots']) {
    await send(bridge, service, { jsonrpc: '2.0', id: asks, result: unasked }, { session: id })
  }
  await send(bridge, service, rpc('roots/list', unasked, 'r'), { session: id })
  await send(bridge, service, note('roots/list', unasked), { session: id })
  await settle()
}

const CAPABILITIES = [
  { roots: { listChanged: true } },
  { roots: {} },
  {},
  { experimental: { roots: {} }, Roots: {} },
]

test('a client whose folders count replaces those of the service: what the others keep out', async (t) => {
  const attacker = await attack('open', { roots: { listChanged: true } })
  await tryAll('open', attacker)
  t.true(attacker.asked.includes('roots/list'))
  t.regex(await attacker.tool('read_text_file', { path: '/etc/passwd' }), /root:/)
})

for (const service of ['deny', 'deny-user', 'fixed', 'fixed-user']) {
  for (const capabilities of CAPABILITIES) {
    test(`${service}: /etc is never read by a client with ${JSON.stringify(capabilities)}`, async (t) => {
      const attacker = await attack(service, capabilities)
      await tryAll(service, attacker)
      t.deepEqual(attacker.asked, [])
      const name = toUserId('dev:ann')
      const folder = join(bridge.stateDirectory, 'services', service, name)
      const allowed = service.startsWith('fixed') ? `${folder}-roots` : folder
      const told = await attacker.tool('list_allowed_directories')
      t.false(told.includes('/etc'))
      t.regex(told, new RegExp(`${allowed}["\\\\]`))
      for (const path of ['/etc/passwd', `${allowed}/../../../../../../../../etc/passwd`]) {
        const read = await attacker.tool('read_text_file', { path })
        t.false(read.includes('root:'))
        t.true(read.includes('"isError":true'))
      }
      const path = join(allowed, 'note.txt')
      await attacker.tool('write_file', { path, content: 'mine' })
      t.true(readdirSync(allowed).length > 0)
    })
  }
}
