import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Caller, startBridge } from '../../support/bridge.ts'
import { events, json, open, type RpcBody, rpc, send } from '../../support/mcp.ts'

const everything = { npm: '@modelcontextprotocol/server-everything' }
const bridge = await startBridge({
  services: {
    mine: { ...everything, isolation: 'user' },
    all: { ...everything, isolation: 'shared' },
  },
})
test.after.always(() => bridge.stop())

interface Listener {
  /** What it was told outside of its calls. */
  readonly heard: RpcBody[]
  ask(method: string, params?: object): Promise<RpcBody>
  tool(name: string, args?: object, more?: object): Promise<RpcBody>
  end(): Promise<void>
}

async function listener(t: ExecutionContext, service: string, user: string): Promise<Listener> {
  const caller: Caller = { user }
  const { id } = await open(bridge, service, { caller })
  const options = { caller, session: id }
  const leave = new AbortController()
  t.teardown(() => leave.abort())
  const stream = await send(bridge, service, undefined, { ...options, signal: leave.signal })
  const heard: RpcBody[] = []
  const listen = async (): Promise<void> => {
    for await (const message of events(stream)) heard.push(message)
  }
  listen().catch(() => {})
  const ask: Listener['ask'] = (method, params = {}) =>
    // Only the answer: what is said meanwhile goes to the listening stream.
    json(send(bridge, service, rpc(method, params), { ...options, accept: 'application/json' }))
  return {
    heard,
    ask,
    tool: (name, args = {}, more = {}) => ask('tools/call', { name, arguments: args, ...more }),
    async end() {
      leave.abort()
      await send(bridge, service, undefined, { ...options, method: 'DELETE' })
    },
  }
}

const named = ({ heard }: Listener, method: string): RpcBody[] =>
  heard.filter((one) => one.method === `notifications/${method}`)

/** What was said reaches everybody at once: when one has it, a moment later all have. */
async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400 && !condition(); attempt += 1) await sleep(25)
  await sleep(100)
}

const uri = 'demo://resource/dynamic/text/1'

test.serial(
  'one person: updates reach who has subscribed, until the end of the session',
  async (t) => {
    const user = 'dev:updates'
    const [one, two, three] = [
      await listener(t, 'mine', user),
      await listener(t, 'mine', user),
      await listener(t, 'mine', user),
    ]
    for (const each of [one, two])
      t.deepEqual((await each.ask('resources/subscribe', { uri })).result, {})
    await until(() => named(three, 'message').length > 0)
    t.is(named(three, 'message').length, 1, 'the server was asked once, and said so')
    await three.tool('toggle-subscriber-updates')
    await until(() => named(two, 'resources/updated').length > 0)
    t.deepEqual(
      [one, two, three].map((each) => named(each, 'resources/updated').map(({ params }) => params)),
      [[{ uri }], [{ uri }], []],
    )
    await three.tool('toggle-subscriber-updates')
    await one.end()
    await three.tool('toggle-subscriber-updates')
    await until(() => named(two, 'resources/updated').length > 1)
    t.is(named(two, 'resources/updated').length, 2)
    await three.tool('toggle-subscriber-updates')
    t.deepEqual((await two.ask('resources/unsubscribe', { uri })).result, {})
    await until(() => named(three, 'message').length > 1)
    t.regex(JSON.stringify(named(three, 'message').at(-1)), /Unsubscribe/)
  },
)

test.serial('one person: each session hears what its own level allows', async (t) => {
  const user = 'dev:levels'
  const [quiet, loud, unset] = [
    await listener(t, 'mine', user),
    await listener(t, 'mine', user),
    await listener(t, 'mine', user),
  ]
  t.deepEqual((await quiet.ask('logging/setLevel', { level: 'error' })).result, {})
  t.deepEqual((await loud.ask('logging/setLevel', { level: 'debug' })).result, {})
  t.is((await unset.ask('logging/setLevel', { level: 'shout' })).error?.code, -32602)
  // The server says so at the level "info".
  await quiet.ask('resources/subscribe', { uri })
  await until(() => named(loud, 'message').length > 0)
  t.deepEqual(
    [quiet, loud, unset].map((each) => named(each, 'message').length),
    [0, 1, 1],
  )
})

test.serial('several people: nobody hears what the server logs of another', async (t) => {
  const ann = await listener(t, 'all', 'dev:ann')
  await ann.ask('resources/subscribe', { uri: `${uri}1` })
  await until(() => named(ann, 'message').length > 0)
  t.is(named(ann, 'message').length, 1, 'alone she hears it')
  const bob = await listener(t, 'all', 'dev:bob')
  await ann.ask('resources/subscribe', { uri: `${uri}2` })
  await bob.ask('resources/subscribe', { uri: `${uri}2` })
  await ann.tool('toggle-subscriber-updates')
  await until(() => named(bob, 'resources/updated').length > 0)
  t.is(named(ann, 'message').length, 1)
  t.is(named(bob, 'message').length, 0)
  t.deepEqual(
    named(bob, 'resources/updated').map(({ params }) => params),
    [{ uri: `${uri}2` }],
  )
  t.is(named(ann, 'resources/updated').length, 2)
  await ann.tool('toggle-subscriber-updates')
})

test.serial('several people: a task is its person’s alone', async (t) => {
  const [ann, bob] = [await listener(t, 'all', 'dev:ann'), await listener(t, 'all', 'dev:bob')]
  const annLater = await listener(t, 'all', 'dev:ann')
  const made = await ann.tool(
    'simulate-research-query',
    { topic: 'secrets' },
    { task: { ttl: 60_000 } },
  )
  const { taskId } = (made.result?.['task'] ?? {}) as { taskId?: string }
  t.truthy(taskId)
  const ids = ({ result }: RpcBody): unknown[] =>
    ((result?.['tasks'] ?? []) as { taskId: string }[]).map((task) => task.taskId)
  t.deepEqual(ids(await ann.ask('tasks/list')), [taskId])
  t.deepEqual(ids(await annLater.ask('tasks/list')), [taskId])
  t.deepEqual(ids(await bob.ask('tasks/list')), [])
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
    t.is((await bob.ask(method, { taskId })).error?.code, -32602, method)
  }
  t.is((await annLater.ask('tasks/get', { taskId })).result?.['taskId'], taskId)
  const done = await annLater.ask('tasks/result', { taskId })
  t.regex(JSON.stringify(done.result), /secrets/)
  t.false(JSON.stringify(bob.heard).includes(String(taskId)))
})

test.serial('two people with equal ids at once get their own answers', async (t) => {
  const people = [await listener(t, 'all', 'dev:ann'), await listener(t, 'all', 'dev:bob')]
  const asked = Array.from({ length: 200 }, (_, n) => ({ n, who: n % 2 }))
  const answers = await Promise.all(
    asked.map(({ n, who }) => people[who]?.tool('echo', { message: `${who}/${n}` })),
  )
  for (const [index, { n, who }] of asked.entries()) {
    t.true(JSON.stringify(answers[index]?.result).includes(`${who}/${n}"`))
  }
})
