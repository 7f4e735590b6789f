import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { decodeJwt } from 'jose'
import {
  type Crowd,
  startMcpRemoteCrowd,
  startPythonCrowd,
  startSdkCrowd,
} from '../support/crowds.ts'
import { startGateway } from '../support/gateway.ts'
import { pythonWith } from '../support/python-client.ts'
import type { MemoryProvider } from '../support/sdk-client.ts'
import { verifies } from '../support/verifies.ts'

const STORMS = 3
/** Within it mcp-remote refreshes before each call. */
const LIFETIME_SECONDS = 20

const python = await pythonWith('2.3.0')
const gateway = await startGateway({
  asShipped: true,
  environment: { ACCESS_TOKEN_LIFETIME: String(LIFETIME_SECONDS) },
})
const folder = mkdtempSync(join(tmpdir(), 'storm-'))
test.after.always(async () => {
  await gateway.remove()
  rmSync(folder, { recursive: true, force: true })
})

const endpoint = `${gateway.url}/echo/mcp`

/** How often the authorization server wrote this into its log. */
function logged(message: string): number {
  const [file = ''] = globSync('.gateway/**/gateway.log', { cwd: gateway.folder })
  return readFileSync(join(gateway.folder, file), 'utf8').split(message).length - 1
}

const grantOf = ({ saved }: MemoryProvider): unknown =>
  decodeJwt(saved?.access_token ?? '')['grant_id']

if (python === undefined) {
  const title =
    'the Python client in the storm (skipped: needs Python 3.10, venv and a package index)'
  test.skip(title, () => {})
}

verifies('refresh-storm-of-real-clients', async (t) => {
  const [sdk, ...others] = await Promise.all([
    startSdkCrowd(endpoint),
    startMcpRemoteCrowd(endpoint, folder),
    ...(python === undefined ? [] : [startPythonCrowd(python, endpoint, folder)]),
  ])
  const crowds: Crowd[] = [sdk, ...others]
  t.teardown(() => Promise.all(crowds.map(({ close }) => close())))
  const grant = grantOf(sdk.provider)
  const isAnswered = ({ user }: Crowd, answers: string[]): void => {
    t.true(answers.length >= 9, user)
    for (const answer of answers) t.true(answer.includes(user), answer)
  }
  for (let count = 0; count < STORMS; count += 1) {
    const before = sdk.provider.saved
    await Promise.all(crowds.map(async (crowd) => isAnswered(crowd, await crowd.storm())))
    t.not(sdk.provider.saved?.refresh_token, before?.refresh_token)
  }
  for (const crowd of crowds) isAnswered(crowd, await crowd.call())
  t.deepEqual(
    crowds.map(({ logins }) => logins()),
    crowds.map(() => 1),
    'each person was asked once',
  )
  t.is(grantOf(sdk.provider), grant)
  t.is(logged('code exchanged'), crowds.length)
  t.is(logged('grant revoked'), 0)
  const refreshes = logged('token refreshed')
  t.true(refreshes >= 5 * STORMS * (crowds.length - 1), `${refreshes} refreshes`)
})
