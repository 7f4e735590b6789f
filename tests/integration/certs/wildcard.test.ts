import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { readCertsConfig } from '../../../certs/config.ts'
import { FOLDERS } from '../../../certs/files.ts'
import { readServed } from '../../../certs/publish.ts'
import { startCertificates } from '../../../certs/room.ts'
import { planLego } from '../../../cli/start/lego.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { stillGateway } from '../../../lib/catalogue/live-gateway.ts'
import { createLog } from '../../../lib/platform/log.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/gateway-process.ts'
import { needs } from '../../support/needs.ts'
import { operatorOf, startPebble } from '../../support/pebble.ts'
import { toolPath } from '../../support/tool-path.ts'

const WAIT_MS_MAX = 60_000

const folder = mkdtempSync(join(tmpdir(), 'wildcard-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

/** What lego's provider `exec` calls: `present NAME VALUE` or `cleanup NAME VALUE`. */
const PROGRAM = `const [, , verb, host, value] = process.argv
const body = JSON.stringify({ host, value })
await fetch(process.env.EXEC_DNS + (verb === 'present' ? '/set-txt' : '/clear-txt'), { method: 'POST', body })
`

needs('go', 'lego')('DNS-01 yields one wildcard for all services', async (t) => {
  const pebble = await startPebble({ httpPort: await freePort(), lifetimeSeconds: 3600 })
  t.teardown(() => pebble.stop())
  const [script, program] = [join(folder, 'record.mjs'), join(folder, 'record.sh')]
  writeFileSync(script, PROGRAM)
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`)
  chmodSync(program, 0o700)
  const operator = {
    PATH: process.env['PATH'] ?? '',
    LEGO_BIN: toolPath('lego') ?? '',
    ...operatorOf(pebble, folder),
    ACME_DNS_PROVIDER: 'exec',
    ACME_DNS_PROPAGATION_CHECK: 'false',
    EXEC_PATH: program,
    EXEC_DNS: pebble.dnsManagement,
    GITHUB_CLIENT_SECRET: 'none of its business',
  }
  const lego = await planLego(operator)
  t.deepEqual([...lego.variables].sort(), ['EXEC_DNS', 'EXEC_PATH'])
  const environment = {
    ...operator,
    CERTS_SOCKET: join(folder, 'certs.sock'),
    CERTS_LEGO: lego.program,
    CERTS_DNS_VARIABLES: lego.variables.join(','),
  }
  const stop = await startCertificates({
    config: readCertsConfig(environment),
    environment,
    workingDirectory: folder,
    live: stillGateway(readGateway(environment, folder)),
    clock: Date.now,
    log: createLog('certs', 'error'),
  })
  t.teardown(() => stop())
  const served = () => readServed(join(folder, 'state/certs', FOLDERS.served))
  await until(() => served()?.origin.startsWith('acme ') === true, WAIT_MS_MAX)
  const pair = served()?.pair
  t.deepEqual(pair?.names, ['*.gateway.test'])
  t.true(pair?.covers('auth.gateway.test'))
  t.true(pair?.covers('echo.gateway.test'))
})
