/** `gateway github login` against our GitHub: RFC 8628 as GitHub speaks it. */

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createGatewayCommand } from '../../support/gateway-command.ts'
import { until } from '../../support/gateway-process.ts'
import { type GitHubEmulatorOptions, startGitHub } from '../../support/github-emulator.ts'

async function startWorld(t: ExecutionContext, options: GitHubEmulatorOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'github-login-'))
  const github = await startGitHub({ deviceInterval: 0.05, ...options })
  github.add('octocat')
  t.teardown(async () => {
    await github.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const command = createGatewayCommand(folder)
  const environment = { GITHUB_URL: github.url, GITHUB_CLIENT_ID: github.clientId }
  return {
    github,
    path: join(folder, '.gateway/github-token'),
    logIn: (args: readonly string[] = [], changes = {}) =>
      command(['github', 'login', ...args], { environment: { ...environment, ...changes } }),
  }
}

test('a code entered in a browser yields a token that works, in a file of this account alone', async (t) => {
  const { github, path, logIn } = await startWorld(t)
  const shown = Promise.withResolvers<string>()
  const pending = logIn(['--scope', 'read:user read:org', '--json'])
  // What the person reads off the screen.
  void until(() => github.pendingDeviceCodes().length > 0, 5000).then(() =>
    shown.resolve(github.pendingDeviceCodes()[0] ?? ''),
  )
  const code = await shown.promise
  t.true(github.enterDeviceCode(code, 'octocat'))
  const { exitCode, stdout, stderr } = await pending
  t.is(exitCode, 0, stderr)
  t.true(stderr.includes(`Open ${github.url}/login/device and enter ${code}`))
  t.deepEqual(JSON.parse(stdout), { path, scope: 'read:user,read:org' })
  t.is(statSync(path).mode & 0o777, 0o600)
  const token = readFileSync(path, 'utf8').trim()
  t.false(stdout.includes(token) || stderr.includes(token))
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'test' }
  const answer = await fetch(`${github.apiUrl}/user`, { headers })
  t.like(await answer.json(), { login: 'octocat' })
})

test('whoever asks too often slows down, and gets the token all the same', async (t) => {
  // It says 50 ms and wants a second.
  const { github, logIn } = await startWorld(t, { deviceInterval: 0.05, devicePatience: 1 })
  const pending = logIn()
  await until(() => github.pendingDeviceCodes().length > 0, 5000)
  github.enterDeviceCode(github.pendingDeviceCodes()[0] ?? '', 'octocat')
  t.is((await pending).exitCode, 0)
  t.true(github.requests.filter(({ path }) => path === '/login/oauth/access_token').length >= 2)
})

test('a refusal in the browser is told, and nothing is written', async (t) => {
  const { github, path, logIn } = await startWorld(t)
  const pending = logIn()
  await until(() => github.pendingDeviceCodes().length > 0, 5000)
  github.enterDeviceCode(github.pendingDeviceCodes()[0] ?? '', 'octocat', 'refuse')
  const { exitCode, stderr } = await pending
  t.is(exitCode, 1)
  t.regex(stderr, /refused in the browser.*\n→ gateway github login/)
  t.throws(() => statSync(path), { code: 'ENOENT' })
})

test('what is wrong is said with its cure', async (t) => {
  const { github, logIn } = await startWorld(t)
  github.setDeviceFlow(false)
  t.regex((await logIn()).stderr, /does not allow the device flow.*\n→ tick "Enable Device Flow"/)
  const unknown = await logIn(['--client-id', 'Iv1.unknown'])
  t.regex(unknown.stderr, /GitHub refuses: Not Found.*\n→ .*GITHUB_CLIENT_ID/)
  const none = await logIn([], { GITHUB_CLIENT_ID: '' })
  t.is(none.exitCode, 2)
  t.regex(none.stderr, /no app to ask with.*\n→ set GITHUB_CLIENT_ID/)
  const away = await logIn([], { GITHUB_URL: 'http://127.0.0.1:9' })
  t.regex(away.stderr, /gives no answer that can be read.*\n→ look at GITHUB_URL/)
})
