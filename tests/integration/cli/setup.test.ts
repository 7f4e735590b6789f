import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import test from 'ava'
import { EXIT_CODE } from '../../../cli/cli-error.ts'
import { makePlace, type Place } from '../../support/gateway-process.ts'
import { gitHubEnvironment, startGitHub } from '../../support/github-emulator.ts'

interface Done {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Blocks: whatever has to answer meanwhile is a process of its own. */
function setUp(
  place: Place,
  args: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = {},
): Done {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [place.program, 'setup', ...args],
    { cwd: place.folder, env: { ...place.env, ...env }, input, encoding: 'utf8' },
  )
  return { exitCode: status, stdout, stderr }
}

function read(place: Place): Record<string, string | undefined> {
  return parseEnv(readFileSync(join(place.folder, '.env'), 'utf8'))
}

const answers = (...lines: readonly string[]): string => `${lines.join('\n')}\n`

test('an empty folder becomes a gateway that starts; a second run changes nothing', async (t) => {
  const place = await makePlace(t)
  const { folder, port } = place
  const first = setUp(place, ['--plain'], answers('', 'none'))
  t.is(first.exitCode, EXIT_CODE.ok, first.stderr)
  t.regex(first.stdout, /Next: {2}npm start/)
  const written = readFileSync(join(folder, '.env'), 'utf8')
  t.is(statSync(join(folder, '.env')).mode & 0o777, 0o600)
  t.like(read(place), { PUBLIC_URL: `http://localhost:${port}` })
  t.regex(read(place)['GATEWAY_SECRET'] ?? '', /^[\w-]{43}$/)
  t.false((first.stdout + first.stderr).includes(read(place)['GATEWAY_SECRET'] ?? ''))

  const { child, ended, line } = place.gateway(['start'])
  await line(`ready http://localhost:${port}`)
  // What is asked there is a gateway's own port.
  const again = setUp(place, ['--yes'])
  t.is(again.exitCode, EXIT_CODE.ok, again.stderr)
  t.regex(again.stdout, /says all of it already/)
  t.is(readFileSync(join(folder, '.env'), 'utf8'), written)
  child.kill('SIGTERM')
  t.is((await ended).exitCode, EXIT_CODE.ok)
})

test('what an operator wrote stays, the mode does not', async (t) => {
  const place = await makePlace(t)
  const path = join(place.folder, '.env')
  const own = `# ours\nLOG_LEVEL=debug\nGATEWAY_SECRET='${'s'.repeat(40)}'\nCF_DNS_API_TOKEN="a\nb"\n`
  writeFileSync(path, own)
  chmodSync(path, 0o644)
  t.is(setUp(place, ['--yes', '--no-check']).exitCode, EXIT_CODE.ok)
  t.true(readFileSync(path, 'utf8').startsWith(own))
  t.is(statSync(path).mode & 0o777, 0o600)
})

test('the secret of a gateway that ran before is kept', async (t) => {
  const place = await makePlace(t)
  mkdirSync(place.state)
  writeFileSync(join(place.state, 'secret'), `${'k'.repeat(43)}\n`, { mode: 0o600 })
  t.is(setUp(place, ['--yes', '--no-check']).exitCode, EXIT_CODE.ok)
  t.is(read(place)['GATEWAY_SECRET'], 'k'.repeat(43))
})

test('answers that do not hold are refused, and nothing is written', async (t) => {
  const place = await makePlace(t)
  const domain = ['example.com', 'a@example.com', 'github', 'Iv1.a', 'hush', 'two words']
  for (const [args, input, exitCode, words] of [
    [['--yes', '--domain', 'example.com'], '', EXIT_CODE.usage, /--email.*\n.*--provider/],
    [['--yes', '--domain', 'https://x'], '', EXIT_CODE.usage, /the domain alone/],
    [
      ['--no-check'],
      answers('example.com'),
      EXIT_CODE.usage,
      /Input ended before the question: E-mail/,
    ],
    [['--no-check'], answers('nonsense'), EXIT_CODE.usage, /must be a domain of yours/],
    [
      ['--no-check'],
      answers(...domain),
      EXIT_CODE.failed,
      /ALLOWED_GITHUB_USERS must be a GitHub login/,
    ],
    [
      ['--yes', '--no-check', '--provider', 'none', '--allow', 'octocat', '--issuer', 'https://x'],
      '',
      EXIT_CODE.usage,
      /would not count:\n {2}--issuer goes with .*\n {2}--allow goes with /,
    ],
    [
      ['--plain', '--no-check'],
      answers(...domain.slice(0, -1), 'octocat'),
      EXIT_CODE.usage,
      /--plain goes with a trial/,
    ],
    [['--secret-stdin'], 'hush', EXIT_CODE.usage, /nobody can answer there/],
  ] as const) {
    const done = setUp(place, args, input)
    t.is(done.exitCode, exitCode, done.stderr)
    t.regex(done.stderr, words)
    t.throws(() => read(place), { code: 'ENOENT' })
  }
})

test('what is no file of text is left alone', async (t) => {
  const place = await makePlace(t)
  const path = join(place.folder, '.env')
  writeFileSync(join(place.folder, 'elsewhere'), 'A=1\n')
  symlinkSync('elsewhere', path)
  const linked = setUp(place, ['--yes', '--no-check'])
  t.is(linked.exitCode, EXIT_CODE.failed)
  t.regex(linked.stderr, /is a link/)
  t.is(readFileSync(join(place.folder, 'elsewhere'), 'utf8'), 'A=1\n')
})

test('GitHub is asked whether it knows the app; the secret never is an argument', async (t) => {
  const place = await makePlace(t)
  const github = await startGitHub()
  t.teardown(() => github.stop())
  const { GITHUB_CLIENT_ID, ...environment } = gitHubEnvironment(github)
  const args = ['setup', '--yes', '--provider', 'github', '--client-id', GITHUB_CLIENT_ID]
  const wrong = { ...environment, GITHUB_CLIENT_SECRET: 'not-this-one' }
  const refused = await place.gateway([...args, '--allow', 'octocat'], wrong).ended
  t.is(refused.exitCode, EXIT_CODE.failed)
  t.regex(refused.stderr, /GitHub: does not accept this client ID with this secret/)
  t.false(refused.stderr.includes('not-this-one'))
  t.throws(() => read(place), { code: 'ENOENT' })

  const done = await place.gateway([...args, '--allow', 'octocat,583231'], environment).ended
  t.is(done.exitCode, EXIT_CODE.ok, done.stderr)
  t.like(read(place), {
    GITHUB_CLIENT_ID,
    GITHUB_CLIENT_SECRET: github.clientSecret,
    ALLOWED_GITHUB_USERS: 'octocat,583231',
  })
  t.is((await place.gateway(['setup', '--client-secret', 'x']).ended).exitCode, EXIT_CODE.usage)
})

test('the secret from standard input, or from a file that goes on holding it', async (t) => {
  const place = await makePlace(t)
  const client = ['--yes', '--no-check', '--provider', 'github', '--client-id', 'a', '--allow', 'b']
  t.is(setUp(place, [...client, '--secret-stdin'], 'typed\n').exitCode, EXIT_CODE.ok)
  t.is(read(place)['GITHUB_CLIENT_SECRET'], 'typed')
  const file = join(place.folder, 'secret')
  writeFileSync(file, 'filed\n')
  writeFileSync(join(place.folder, '.env'), `GITHUB_CLIENT_SECRET_FILE=${file}\n`)
  t.is(setUp(place, client).exitCode, EXIT_CODE.ok)
  t.is(read(place)['GITHUB_CLIENT_SECRET'], undefined)
  t.is(read(place)['GITHUB_CLIENT_SECRET_FILE'], file)
})

test('in a container it takes over what a trial has made in the volume', async (t) => {
  const place = await makePlace(t)
  const volume = join(place.folder, 'volume')
  mkdirSync(volume)
  writeFileSync(join(volume, 'secret'), `${'k'.repeat(43)}\n`)
  const args = ['--secret-volume', volume, '--yes', '--no-check']
  t.is(setUp(place, args).exitCode, EXIT_CODE.ok)
  t.is(read(place)['GATEWAY_SECRET'], 'k'.repeat(43))
})
