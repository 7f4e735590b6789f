/** Options that a command and the one above it both have, or that mean something for some of its arguments. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { createGatewayCommand } from '../../support/gateway-command.ts'

test('options behind a verb are the verb’s, wherever the command above has them too', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nested-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const gateway = createGatewayCommand(folder)
  const log = join(folder, 'log')
  const records = ['2026-01-02', '2026-03-04'].map((day) =>
    JSON.stringify({ time: `${day}T00:00:00.000Z`, name: 'mcp-bridge', level: 'error', msg: day }),
  )
  writeFileSync(log, `${records.join('\n')}\n`)
  const analyzed = await gateway.json<{ records: number }>([
    ...['logs', 'analyze', '--file', log, '--since', '2026-02-01T00:00:00Z'],
  ])
  t.is(analyzed.records, 1)

  const passphrase = join(folder, 'passphrase')
  writeFileSync(passphrase, 'short\n')
  const about = { format: 'mcp-oauth-gateway backup', version: 1, gateway: '0', issuer: 'x' }
  const more = { made_at: '2026-01-02T00:00:00Z', services: [], configuration: false }
  const heading = JSON.stringify({ ...about, ...more, opened_by: 'passphrase' })
  writeFileSync(join(folder, 'a.backup'), `${heading}\nage-encryption.org/v1\n`)
  const verify = ['backup', 'verify', join(folder, 'a.backup'), '--passphrase-file', passphrase]
  t.regex((await gateway(verify)).stderr, /is damaged/, 'nobody was asked')
  const piped = await gateway([...verify.slice(0, -1), '-'], { stdin: 'short\n' })
  t.regex(piped.stderr, /is damaged/)
})

test('an option that the verb does not have is refused, though the command above has it', async (t) => {
  const gateway = createGatewayCommand(tmpdir())
  const told = await gateway(['backup', 'list', '--with-services', 'echo'])
  t.is(told.exitCode, 2)
  t.regex(told.stderr, /unknown option '--with-services'/)
})

test('who mistypes a command is led to the help of that one', async (t) => {
  const gateway = createGatewayCommand(tmpdir())
  for (const [line, meant] of [
    ['tokens mint --service echo', 'gateway tokens mint'],
    ['clients lst', 'gateway clients'],
    ['status --bogus', 'gateway status'],
    ['bogus', 'gateway'],
  ] as const) {
    const { stderr } = await gateway(line.split(' '))
    t.true(stderr.endsWith(`Run \`${meant} --help\` for what there is.\n`), stderr)
    const told = await gateway([...line.split(' '), '--json'])
    t.true(`${told.stdout}${told.stderr}`.includes(`run \`${meant} --help\``), line)
  }
})

test('who cannot be asked is told of no option that the command does not have', async (t) => {
  const gateway = createGatewayCommand(tmpdir())
  const { stderr } = await gateway(['users', 'disable', 'dev:anna'])
  t.true(stderr.endsWith('say --yes if it is meant, or look first: gateway users show dev:anna\n'))
  t.true((await gateway(['keys', 'rotate'])).stderr.endsWith('say --yes if it is meant\n'))
})

test('what is mistyped is told to programs as one document, and writes no backup', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nested-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const gateway = createGatewayCommand(folder)
  for (const [line, says] of [
    ['clients --json', /a command is missing/],
    ['clients lst --json', /^unknown command 'lst'/],
    ['clients list --bogus --json', /^unknown option '--bogus'/],
    ['clients list --older-than long --json', /argument 'long' is invalid/],
    ['backup lst --json', /^backup has no command lst/],
    ['backup nightly --json', /^Nothing closes the backups/],
  ] as const) {
    const { exitCode, stdout, stderr } = await gateway(line.split(' '))
    t.is(exitCode, 2, line)
    t.is(stdout, '', line)
    const told = JSON.parse(stderr) as { error: { message: string; next_step: string } }
    t.regex(told.error.message, says, line)
    t.not(told.error.next_step, undefined, line)
  }
  const forPeople = await gateway(['clients', 'lst'])
  t.regex(forPeople.stderr, /^error: unknown command 'lst'\n/)
  t.deepEqual(readdirSync(folder), [])
})

test('a filter of a page of Envoy that has none is refused, and not left out', async (t) => {
  const gateway = createGatewayCommand(tmpdir())
  for (const page of [[], ['clusters']]) {
    const told = await gateway(['envoy', ...page, '--filter', 'x'])
    t.is(told.exitCode, 2)
    t.regex(told.stderr, /stats alone\.\n→ gateway envoy stats --filter/)
  }
})
