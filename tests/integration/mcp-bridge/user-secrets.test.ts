import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { deriveKey, Secret } from '../../../lib/platform/secret.ts'
import { redisUserSecrets, type UserSecrets } from '../../../lib/store/user-secrets.ts'
import {
  type Bridge,
  fixture,
  type LogLine,
  startBridge,
  USER_SECRETS_KEY,
} from '../../support/bridge.ts'
import { fixtureInfo, initializeBody, json, open, rpc, send } from '../../support/mcp.ts'

const userSecrets = { NOTES_KEY: 'Your key for the notes', NOTES_REGION: 'Your region' }
const env = {
  KEY: '${secret.NOTES_KEY}',
  REGION: '${secret.NOTES_REGION}',
  ALL: '${secret.COMMON}',
}
const services = {
  notes: fixture('prints-environment.ts', { env, userSecrets, isolation: 'user' }),
  single: fixture('prints-environment.ts', { env, userSecrets }),
  broken: {
    command: process.execPath,
    args: ['-e', 'process.exit(3)', '${secret.NOTES_KEY}'],
    userSecrets: { NOTES_KEY: 'Your key' },
  },
  absent: {
    command: 'no-such-program',
    args: ['--key', '${secret.NOTES_KEY}', '${secret.COMMON}'],
    userSecrets: { NOTES_KEY: 'Your key' },
  },
  lastly: fixture('echoes.ts', {
    stopCommand: ['/no/such/program', '${user.id}'],
    env: { KEY: '${secret.NOTES_KEY}' },
    userSecrets: { NOTES_KEY: 'Your key' },
  }),
}
/** The operator has variables of the same names, which are nobody's. */
const environment = { NOTES_KEY: 'canary of the operator', COMMON: 'for all', REGION: 'nowhere' }
const bridge = await startBridge({ services, environment })
const storeOf = async ({ valkey }: Bridge): Promise<UserSecrets> =>
  redisUserSecrets(await valkey.connect(), deriveKey(new Secret(USER_SECRETS_KEY), 'user-secrets'))
const secrets = await storeOf(bridge)
test.after.always(() => bridge.stop())

const saidOf = async (service: string, text: RegExp) => {
  const isIt = (line: LogLine) => line['service'] === service && text.test(String(line['msg']))
  for (let waited = 0; waited < 5000 && !bridge.log.some(isIt); waited += 10) await sleep(10)
  return bridge.log.filter(isIt)
}

const enter = async (user: string, values: Readonly<Record<string, string>>, service = 'notes') => {
  for (const [name, value] of Object.entries(values)) {
    await secrets.enter({ userId: user, service }, name, value)
  }
}

const seenBy = async (user: string, session: string, service = 'notes') => {
  const options = { session, caller: { user } }
  const { result } = await json(send(bridge, service, rpc('env'), options))
  return result as { env: Record<string, string> }
}

test('each person’s process has that person’s secrets, and the operator’s for all', async (t) => {
  await enter('dev:ann', { NOTES_KEY: 'key of Ann', NOTES_REGION: 'north\nsouth' })
  await enter('dev:ben', { NOTES_KEY: 'key of Ben', NOTES_REGION: '${secret.COMMON}' })
  for (const [user, KEY, REGION] of [
    ['dev:ann', 'key of Ann', 'north\nsouth'],
    ['dev:ben', 'key of Ben', '${secret.COMMON}'],
  ] as const) {
    const { id } = await open(bridge, 'notes', { caller: { user } })
    const { env: seen } = await seenBy(user, id)
    t.like(seen, { KEY, REGION, ALL: 'for all' })
    t.false('NOTES_KEY' in seen)
  }
  t.false(JSON.stringify(bridge.log).includes('key of'))
})

test('who has not entered everything is told what is missing and where to enter it', async (t) => {
  const caller = { user: 'dev:cora' }
  const attempt = async () => {
    const response = await send(bridge, 'notes', initializeBody(), { caller })
    t.is(response.status, 200)
    t.is(response.headers.get('mcp-session-id'), null)
    return (await json(response)).error
  }
  // More often than a failing service may be started.
  for (let n = 0; n < 6; n += 1) {
    const error = await attempt()
    t.is(error?.code, -32000)
    t.is(
      error?.message,
      'the service notes needs NOTES_KEY, NOTES_REGION from you: enter it at ' +
        'http://localhost:8642/account, then connect again',
    )
  }
  await enter('dev:cora', { NOTES_KEY: 'x' })
  t.deepEqual((await attempt())?.data, {
    missing: ['NOTES_REGION'],
    accountPage: 'http://localhost:8642/account',
  })
  await enter('dev:cora', { NOTES_REGION: 'y' })
  t.truthy((await open(bridge, 'notes', { caller })).id, 'no waiting after that')
})

test('what was entered for one service is not for another', async (t) => {
  await enter('dev:dora', { NOTES_KEY: 'x', NOTES_REGION: 'y' })
  const { error } = await json(
    send(bridge, 'single', initializeBody(), { caller: { user: 'dev:dora' } }),
  )
  t.regex(error?.message ?? '', /service single needs NOTES_KEY, NOTES_REGION/)
})

test('with a replaced secret the next session has a new process, and the old one ends', async (t) => {
  const [user, caller] = ['dev:emil', { user: 'dev:emil' }]
  await enter(user, { NOTES_KEY: 'first', NOTES_REGION: 'r' })
  const first = await open(bridge, 'notes', { caller })
  const second = await open(bridge, 'notes', { caller })
  t.is(fixtureInfo(second.answer).pid, fixtureInfo(first.answer).pid)
  await enter(user, { NOTES_KEY: 'second' })
  const third = await open(bridge, 'notes', { caller })
  t.is((await seenBy(user, third.id)).env['KEY'], 'second')
  for (const { id } of [first, second]) {
    t.is((await send(bridge, 'notes', rpc('env'), { session: id, caller })).status, 404)
  }
  t.throws(() => process.kill(Number(fixtureInfo(first.answer).pid), 0), { code: 'ESRCH' })
})

test('a process of one session ends as well', async (t) => {
  const [user, caller] = ['dev:finn', { user: 'dev:finn' }]
  await enter(user, { NOTES_KEY: 'first', NOTES_REGION: 'r' }, 'single')
  const first = await open(bridge, 'single', { caller })
  await enter(user, { NOTES_KEY: 'second' }, 'single')
  const second = await open(bridge, 'single', { caller })
  t.is((await seenBy(user, second.id, 'single')).env['KEY'], 'second')
  t.is((await send(bridge, 'single', rpc('env'), { session: first.id, caller })).status, 404)
})

test('a deleted secret is missing, and the process that had it ends', async (t) => {
  const [user, caller] = ['dev:gina', { user: 'dev:gina' }]
  await enter(user, { NOTES_KEY: 'k', NOTES_REGION: 'r' })
  const { id } = await open(bridge, 'notes', { caller })
  await secrets.remove({ userId: user, service: 'notes' }, 'NOTES_KEY')
  const { error } = await json(send(bridge, 'notes', initializeBody(), { caller }))
  t.regex(error?.message ?? '', /needs NOTES_KEY from you/)
  const call = await send(bridge, 'notes', rpc('env'), { session: id, caller })
  t.true(call.status === 404 || (await json(call)).error !== undefined)
})

test('a service that fails with what was entered is the service’s failure', async (t) => {
  await enter('dev:hugo', { NOTES_KEY: 'wrong' }, 'broken')
  const { error } = await json(
    send(bridge, 'broken', initializeBody(), { caller: { user: 'dev:hugo' } }),
  )
  t.is(error?.message, 'the service broken: ended before it answered')
})

test('a program that cannot be started is told to the operator without what it was to be given', async (t) => {
  const caller = { user: 'dev:jane' }
  await enter(caller.user, { NOTES_KEY: 'canary of Jane' }, 'absent')
  await enter(caller.user, { NOTES_KEY: 'canary of Jane' }, 'lastly')
  const { error } = await json(send(bridge, 'absent', initializeBody(), { caller }))
  t.is(error?.message, 'the service absent: could not be started')
  const [said] = await saidOf('absent', /ended without being asked to/)
  t.like(said?.['err'], { message: 'spawn no-such-program ENOENT' })
  const { id } = await open(bridge, 'lastly', { caller })
  await send(bridge, 'lastly', undefined, { method: 'DELETE', session: id, caller })
  const [failed] = await saidOf('lastly', /stop command failed/)
  t.like(failed?.['err'], { message: 'spawn the stop command ENOENT' })
  t.notRegex(JSON.stringify(bridge.log), /canary of Jane|for all/)
})

test('what cannot be opened is missing, and the operator is told', async (t) => {
  const place = { userId: 'dev:ida', service: 'notes' }
  const other = redisUserSecrets(await bridge.valkey.connect(), Buffer.alloc(32, 1))
  await other.enter(place, 'NOTES_KEY', 'under another key')
  await secrets.enter(place, 'NOTES_REGION', 'r')
  const caller = { user: place.userId }
  const { error } = await json(send(bridge, 'notes', initializeBody(), { caller }))
  t.regex(error?.message ?? '', /needs NOTES_KEY from you/)
  const isSaid = () => bridge.log.find(({ msg }) => msg === 'user secrets cannot be opened')
  for (let waited = 0; waited < 2000 && isSaid() === undefined; waited += 10) await sleep(10)
  t.like(isSaid(), { service: 'notes', user: 'dev:ida', secrets: ['NOTES_KEY'] })
})

test.serial('with the store away nothing is started without them', async (t) => {
  const own = await startBridge({ services, environment })
  t.teardown(() => own.stop())
  const store = await storeOf(own)
  const place = { userId: 'dev:ann', service: 'notes' }
  for (const name of Object.keys(userSecrets)) await store.enter(place, name, 'v')
  await open(own, 'notes')
  await own.stopStore()
  const response = await send(own, 'notes', initializeBody())
  t.is(response.status, 503)
  t.truthy(response.headers.get('retry-after'))
  t.regex((await json(response)).error?.message ?? '', /notes: .*cannot be read now/)
})
