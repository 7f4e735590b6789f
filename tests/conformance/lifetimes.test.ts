import test from 'ava'
import { createGitHubVisitor } from '../support/github-visitor.ts'
import { sendOverNetwork as send } from '../support/http.ts'
import { letPass } from '../support/passing-time.ts'
import { CB, isSignedIn, locationOf, startPeopleGateway } from '../support/people-gateway.ts'
import { createPerson } from '../support/person.ts'
import { startValkey } from '../support/valkey.ts'
import { verifiesAlone } from '../support/verifies.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** Less than the tests themselves may take. */
const MOMENT_MS = MINUTE_MS

const valkey = await startValkey()
const redis = await valkey.connect()
const world = await startPeopleGateway({
  file: 'access: { users: ["*"] }\n',
  environment: { REDIS_URL: valkey.url },
})
const { github, client, begin, leave } = world
test.after.always(async () => {
  await world.stop()
  await valkey.stop()
})

verifiesAlone('login-state-ten-minutes', async (t) => {
  github.add('late')
  const comeBackAfter = async (milliseconds: number) => {
    const person = createPerson(send)
    const callback = await createGitHubVisitor(github).visit(await leave(person, 'github'), 'late')
    t.is(await letPass(redis, 'upstream-login:', milliseconds), 1)
    return { person, response: (await person.open(callback)).response }
  }
  const inTime = await comeBackAfter(10 * MINUTE_MS - MOMENT_MS)
  t.true(locationOf(inTime.response).startsWith(`${CB}?code=`))

  const { person, response } = await comeBackAfter(10 * MINUTE_MS)
  t.is(response.status, 400)
  t.is(response.headers.get('location'), null)
  t.regex(response.text, /start again from the application/)
  t.false(isSignedIn(person))
})

verifiesAlone('registration-unused-ends', async (t) => {
  const register = () => client.register({ redirect_uris: [CB] })
  const statusOf = async (id: string): Promise<number> =>
    (await createPerson(send).open(begin({}, id).url)).response.status
  const [unused, used] = [await register(), await register()]
  const person = createPerson(send)
  github.add('approving')
  const departure = await leave(person, 'github', begin({}, used.client_id).url)
  const callback = await createGitHubVisitor(github).visit(departure, 'approving')
  t.true(locationOf((await person.open(callback)).response).startsWith(`${CB}?code=`))

  t.is(await letPass(redis, `client:${unused.client_id}`, DAY_MS - MOMENT_MS), 1)
  t.is(await statusOf(unused.client_id), 200)
  t.is(await letPass(redis, `client:${unused.client_id}`, MOMENT_MS), 1)
  t.is(await statusOf(unused.client_id), 400, 'nobody has approved it for a day')

  t.is(await letPass(redis, `client:${used.client_id}`, 89 * DAY_MS), 1)
  t.is(await statusOf(used.client_id), 200, 'one that somebody has approved lives on')
})
