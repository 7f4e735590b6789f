/** `gateway doctor` in front of a healthy gateway, and of the same one broken in the ways of the world. */

import test from 'ava'
import { CLIENTS } from '../../cli/doctor/clients/all.ts'
import type { Finding } from '../../cli/doctor/finding.ts'
import type { Report } from '../../cli/doctor/report.ts'
import { type AlteringProxy, startAlteringProxy } from '../support/altering-proxy.ts'
import { BREAKAGES } from '../support/breakages.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { createGatewayCommand, type GatewayCommand } from '../support/gateway-command.ts'

let gateway: TestGateway
let proxy: AlteringProxy
let command: GatewayCommand
/** Every code and token that went by. */
const secrets = new Set<string>()
/** The first characters of a token may be those of its kind. */
const SHOWN_MAX = 16

test.before(async (t) => {
  t.timeout(240_000)
  const [publicPort, port] = [await freePort(), await freePort()]
  gateway = await startGateway({
    port,
    readyMsMax: 200_000,
    environment: {
      PUBLIC_URL: `http://localhost:${publicPort}`,
      CLIENT_ID_METADATA_DOCUMENTS: 'off',
    },
  })
  proxy = await startAlteringProxy(publicPort, port)
  command = createGatewayCommand(gateway.folder)
})

test.after.always(async () => {
  proxy?.stop()
  await gateway?.remove()
})

function noteSecrets(body: string): void {
  for (const [, name, value = ''] of body.matchAll(/"(\w+)":"([^"]+)"/g)) {
    if (
      /^(?:access_token|refresh_token|client_secret|registration_access_token)$/.test(name ?? '')
    ) {
      secrets.add(value)
    }
  }
}

const named = ({ findings }: Report, status: Finding['status']): string[] =>
  findings
    .filter((finding) => finding.status === status)
    .map(({ check, fault }) => `${check}.${fault}`)

async function examine(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await command(['doctor', ...args, '--json'])
  return { exitCode, report: JSON.parse(stdout) as Report, printed: stdout + stderr }
}

test.serial(
  'a healthy gateway: every client gets all the way, and leaves nothing behind',
  async (t) => {
    t.timeout(240_000)
    proxy.alter({ after: (_, { body }) => noteSecrets(body) })
    const { exitCode, report, printed } = await examine()
    t.deepEqual(named(report, 'failed'), [])
    t.deepEqual(named(report, 'warning'), [])
    t.deepEqual(
      report.findings.filter(({ status }) => status === 'skipped'),
      [],
    )
    t.is(exitCode, 0)
    t.true(report.healthy)
    t.deepEqual(
      report.clients,
      CLIENTS.map(({ id }) => id),
    )
    for (const { id } of CLIENTS) {
      const checks = report.findings.filter(({ client }) => client === id).map(({ check }) => check)
      for (const check of [
        'authorize',
        'login',
        'token',
        'session',
        'tool-call',
        'refresh',
        'revocation',
      ]) {
        t.true(checks.includes(check), `${id} ${check}`)
      }
    }
    t.true(secrets.size > CLIENTS.length * 3, 'tokens went by')
    t.deepEqual(
      [...secrets].filter((secret) => printed.includes(secret)),
      [],
      'no secret is shown',
    )
    t.like(await command.json(['clients', 'list']), { clients: [] })
    t.like(await command.json(['grants', 'list']), { grants: [] })
  },
)

for (const { name, client, failures, warnings = [], cure, alteration } of BREAKAGES) {
  test.serial(`broken: ${name}`, async (t) => {
    t.timeout(120_000)
    const { instead, after } = alteration()
    proxy.alter({
      ...(instead && { instead }),
      after(asked, answered) {
        noteSecrets(answered.body)
        after?.(asked, answered)
      },
    })
    const { exitCode, report, printed } = await examine('--client', client)
    t.deepEqual(
      // Half of one is too much.
      [...secrets].filter((secret) => printed.includes(secret.slice(0, SHOWN_MAX))),
      [],
      'no secret is shown',
    )
    t.notRegex(report.findings.map(({ detail }) => detail).join(''), /\p{Cc}/u)
    // What follows from it is not tried; what does not is well.
    t.deepEqual(named(report, 'failed').toSorted(), failures.toSorted(), 'nothing else is blamed')
    for (const warning of warnings) t.true(named(report, 'warning').includes(warning), warning)
    t.is(exitCode, failures.length === 0 ? 0 : 1)
    const wanted = [...failures, ...warnings]
    const found = report.findings.filter(({ check, fault }) => wanted.includes(`${check}.${fault}`))
    t.true(
      found.some((finding) => cure.test(finding.cure ?? '')),
      found.map((one) => one.cure).join(),
    )
  })
}

test.serial('for a person: each fault once, in words, with the cure below', async (t) => {
  t.timeout(120_000)
  proxy.alter(BREAKAGES[0]?.alteration())
  const { exitCode, stdout, stderr } = await command(['doctor', '--client', 'claude', 'chatgpt'])
  t.is(exitCode, 1)
  t.is(stdout.match(/resource\.other_host/g)?.length, 1)
  t.regex(
    stdout,
    /✗ Resource identifier \[resource\.other_host\] of every client\n {2}it says .*\n {2}.*\n {2}→ Let `resource`/,
  )
  t.regex(stderr, /2 of the checks failed/)
})

test.serial('--no-login says what was not tried, and does not call it well', async (t) => {
  proxy.alter(undefined)
  const { exitCode, report } = await examine('--client', 'vscode', '--no-login')
  t.is(exitCode, 0)
  const skipped = report.findings
    .filter(({ status }) => status === 'skipped')
    .map(({ check }) => check)
  t.true(
    ['login', 'token', 'session', 'refresh', 'revocation'].every((check) =>
      skipped.includes(check),
    ),
  )
  t.like(await command.json(['clients', 'list']), { clients: [] })
})

test.serial('a service that is not there, and a client that is not known', async (t) => {
  const service = await command(['doctor', '--service', 'nothing'])
  t.is(service.exitCode, 2)
  t.regex(service.stderr, /its services: echo/)
  t.is((await command(['doctor', '--client', 'netscape'])).exitCode, 2)
})
