import test from 'ava'
import { type FakeProcess, type FakeSession, fakeProcess } from '../../../support/fake-process.ts'

const RELATED = 'io.modelcontextprotocol/related-task'
const heardBy = (...sessions: readonly FakeSession[]): number[] =>
  sessions.map(({ heard }) => heard.length)

async function people(isolation: 'shared' | 'user') {
  const fake = fakeProcess({ isolation })
  const other = isolation === 'user' ? 'ann' : 'bob'
  const [ann, annToo, bob] = [
    await fake.session('ann'),
    await fake.session('ann'),
    await fake.session(other),
  ]
  return { fake, ann, annToo, bob }
}

for (const [method, params, inShared, inUser] of [
  ['notifications/message', { level: 'error', data: 1 }, [0, 0, 0], [1, 1, 1]],
  ['notifications/tools/list_changed', {}, [1, 1, 1], [1, 1, 1]],
  ['notifications/resources/list_changed', {}, [1, 1, 1], [1, 1, 1]],
  ['notifications/prompts/list_changed', {}, [1, 1, 1], [1, 1, 1]],
  ['notifications/resources/updated', { uri: 'x:y' }, [0, 0, 0], [0, 0, 0]],
  ['notifications/progress', { progressToken: 99 }, [0, 0, 0], [0, 0, 0]],
  ['notifications/cancelled', { requestId: 1 }, [0, 0, 0], [0, 0, 0]],
  ['notifications/elicitation/complete', { elicitationId: 'e' }, [0, 0, 0], [0, 0, 0]],
  ['notifications/tasks/status', { taskId: 't' }, [0, 0, 0], [1, 1, 1]],
  ['notifications/x/own', { a: 1 }, [0, 0, 0], [1, 1, 1]],
] as const) {
  test(`${method}: whom it reaches`, async (t) => {
    for (const [isolation, reached] of [
      ['shared', inShared],
      ['user', inUser],
    ] as const) {
      const { fake, ann, annToo, bob } = await people(isolation)
      fake.say({ method, params })
      t.deepEqual(heardBy(ann, annToo, bob), [...reached], isolation)
      t.is(fake.process.counts.dropped, reached.includes(1 as never) ? 0 : 1)
    }
  })
}

const ANYBODYS = ['notifications/message', 'notifications/x/own']

test('what may be about anybody is heard while one person alone has had sessions', async (t) => {
  const fake = fakeProcess({ isolation: 'shared' })
  const [ann, annToo] = [await fake.session('ann'), await fake.session('ann')]
  for (const method of ANYBODYS) fake.say({ method })
  t.deepEqual(heardBy(ann, annToo), [2, 2])
  fake.process.leave(annToo.user)
  for (const method of ANYBODYS) fake.say({ method })
  t.deepEqual(heardBy(ann, annToo), [4, 2])
})

test('what a process knows of somebody who has left it tells nobody else', async (t) => {
  const fake = fakeProcess({ isolation: 'shared' })
  const ann = await fake.session('ann')
  ann.call('tools/call', { name: 'search' })
  fake.process.leave(ann.user)
  const bob = await fake.session('bob')
  for (const method of ANYBODYS) fake.say({ method })
  fake.process.leave(bob.user)
  const annAgain = await fake.session('ann')
  for (const method of ANYBODYS) fake.say({ method })
  t.deepEqual(heardBy(ann, bob, annAgain), [0, 0, 0])
})

test('who has not begun yet is somebody already', async (t) => {
  const fake = fakeProcess({ isolation: 'shared' })
  const ann = await fake.session('ann')
  const heard: unknown[] = []
  const bob = {
    ...ann.user,
    userId: 'bob',
    deliver: (message: unknown) => void heard.push(message),
  }
  fake.process.users.add(bob)
  for (const method of ANYBODYS) fake.say({ method })
  fake.process.users.delete(bob)
  for (const method of ANYBODYS) fake.say({ method })
  t.deepEqual([ann.heard.length, heard.length], [0, 0])
})

function makeTask(fake: FakeProcess, session: FakeSession, taskId: string): void {
  session.call('tools/call', { name: 'long', task: {} })
  fake.answer({ task: { taskId, status: 'working' } })
}

test('a task is told of to the session that made it', async (t) => {
  const { fake, ann, annToo, bob } = await people('shared')
  makeTask(fake, ann, 'hers')
  fake.say({ method: 'notifications/tasks/status', params: { taskId: 'hers' } })
  fake.say({
    method: 'notifications/message',
    params: { _meta: { [RELATED]: { taskId: 'hers' } } },
  })
  t.deepEqual(heardBy(ann, annToo, bob), [2, 0, 0])
  fake.process.leave(ann.user)
  fake.say({ method: 'notifications/tasks/status', params: { taskId: 'hers' } })
  t.deepEqual(heardBy(ann, annToo, bob), [2, 0, 0])
})

for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update']) {
  test(`${method} finds the tasks of its person alone`, async (t) => {
    const { fake, ann, annToo, bob } = await people('shared')
    makeTask(fake, ann, 'hers')
    fake.sent.splice(0)
    for (const params of [{ taskId: 'hers' }, { taskId: 'never' }, {}, { taskId: null }]) {
      bob.call(method, params)
      t.like(bob.answers.at(-1), { error: { code: -32602 } })
    }
    t.deepEqual(fake.sent, [])
    annToo.call(method, { taskId: 'hers' })
    fake.answer({ status: 'working' })
    t.like(annToo.answers, [{ result: { status: 'working' } }])
  })
}

test('a request related to a task of another is not taken', async (t) => {
  const { fake, ann, bob } = await people('shared')
  makeTask(fake, ann, 'hers')
  fake.sent.splice(0)
  bob.call('tools/call', { name: 'x', _meta: { [RELATED]: { taskId: 'hers' } } })
  t.like(bob.answers, [{ error: { code: -32602 } }])
  t.deepEqual(fake.sent, [])
})

test('the list of tasks is that of a person', async (t) => {
  const { fake, ann, annToo, bob } = await people('shared')
  makeTask(fake, ann, 'hers')
  makeTask(fake, bob, 'his')
  const all = {
    tasks: [{ taskId: 'hers' }, { taskId: 'his' }, { taskId: 'x' }, 7],
    nextCursor: 'c',
  }
  annToo.call('tasks/list')
  fake.answer(all)
  t.deepEqual(annToo.answers.at(-1)?.result, { tasks: [{ taskId: 'hers' }], nextCursor: 'c' })
  bob.call('others/list')
  fake.answer(all)
  t.deepEqual(bob.answers.at(-1)?.result, all, 'what is no list of tasks stays as it is')
})

test('one person’s process hides no task', async (t) => {
  const { fake, ann, bob } = await people('user')
  makeTask(fake, ann, 'hers')
  bob.call('tasks/get', { taskId: 'hers' })
  t.is(fake.sent.at(-1)?.method, 'tasks/get')
  bob.call('tasks/list')
  fake.answer({ tasks: [{ taskId: 'unknown' }] })
  t.deepEqual(bob.answers.at(-1)?.result, { tasks: [{ taskId: 'unknown' }] })
})

test('an elicitation at an address ends for whom it was asked', async (t) => {
  const { fake, ann, annToo, bob } = await people('shared')
  ann.call('tools/call')
  const elicitations = [{ mode: 'url', elicitationId: 'e', url: 'https://x.example' }]
  fake.refuse({ code: -32042, message: 'login', data: { elicitations } })
  fake.say({ method: 'notifications/elicitation/complete', params: { elicitationId: 'e' } })
  t.deepEqual(heardBy(ann, annToo, bob), [1, 0, 0])
})

for (const method of [
  'notifications/initialized',
  'notifications/roots/list_changed',
  'notifications/progress',
  'notifications/tasks/status',
]) {
  test(`${method} of a session does not reach a shared server`, async (t) => {
    const { fake } = await people('user')
    fake.process.pass({ jsonrpc: '2.0', method, params: { taskId: 'x' } })
    t.deepEqual(fake.sent, [])
    const single = fakeProcess({ isolation: 'session' })
    single.process.pass({ jsonrpc: '2.0', method, params: { taskId: 'x' } })
    t.is(single.sent[0]?.method, method)
  })
}

test('a shared server is pinged by its sessions and asks none of them', async (t) => {
  const { fake, ann, annToo, bob } = await people('shared')
  ann.call('ping')
  fake.answer({})
  t.like(ann.answers, [{ result: {} }])
  fake.sent.splice(0)
  for (const method of ['ping', 'roots/list', 'sampling/createMessage', 'elicitation/create']) {
    fake.say({ id: method, method })
  }
  t.deepEqual(heardBy(ann, annToo, bob), [0, 0, 0])
  t.deepEqual(
    fake.sent.map(({ id, error }) => [id, (error as { code: number } | undefined)?.code]),
    [
      ['ping', undefined],
      ['roots/list', -32601],
      ['sampling/createMessage', -32601],
      ['elicitation/create', -32601],
    ],
  )
})
