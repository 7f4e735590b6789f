import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { createChallengeServer } from '../../../certs/challenge-server.ts'
import { readCertsConfig } from '../../../certs/config.ts'
import { startCertificates } from '../../../certs/room.ts'
import { type CertificateStatus, readStatus } from '../../../certs/status.ts'
import { type Gateway, readGateway } from '../../../lib/catalogue/gateway.ts'
import { createLog } from '../../../lib/platform/log.ts'
import { changingGateway } from '../../support/changing-gateway.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/gateway-process.ts'
import { needs } from '../../support/needs.ts'
import { operatorOf, startPebble } from '../../support/pebble.ts'
import { toolPath } from '../../support/tool-path.ts'

const WAIT_MS_MAX = 60_000

const folder = mkdtempSync(join(tmpdir(), 'unproved-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

needs('go', 'lego')(
  'a name that cannot be proved is named with what to do, and forgotten once it has gone',
  async (t) => {
    t.timeout(4 * WAIT_MS_MAX)
    const httpPort = await freePort()
    const pebble = await startPebble({ httpPort, lifetimeSeconds: 3600 })
    t.teardown(() => pebble.stop())
    const unknown = { method: 'POST', body: JSON.stringify({ host: 'wrong.gateway.test' }) }
    await fetch(`${pebble.dnsManagement}/set-servfail`, unknown)
    const webroot = join(folder, 'state/certs/webroot')
    const server = createChallengeServer({ webroot, metrics: async () => '' })
    server.listen(httpPort, '127.0.0.1')
    t.teardown(() => void server.close())
    const environment = {
      ...operatorOf(pebble, folder),
      CERTS_SOCKET: join(folder, 'certs.sock'),
      CERTS_LEGO: toolPath('lego') ?? '',
      CERTS_PLAIN_PORT: String(httpPort),
    }
    const gateway = readGateway(environment, folder)
    const [echo] = gateway.services.values()
    if (echo === undefined) throw new Error('no service')
    const serving = (...names: string[]): Pick<Gateway, 'services'> => ({
      services: new Map(names.map((name) => [name, echo])),
    })
    const live = changingGateway({ ...gateway, ...serving('right') })
    const stop = await startCertificates({
      config: readCertsConfig(environment),
      environment,
      workingDirectory: folder,
      live,
      clock: Date.now,
      log: createLog('certs', 'info', { write: () => {} }),
    })
    t.teardown(() => stop())
    const untilTold = async (isSo: (status: CertificateStatus) => boolean) => {
      let found: CertificateStatus | undefined
      await until(() => {
        found = readStatus(join(folder, 'state/certs'))
        return found !== undefined && isSo(found)
      }, WAIT_MS_MAX)
      return found
    }
    await untilTold(({ placeholder }) => !placeholder)
    await live.change(serving('right', 'wrong'))
    const failed = await untilTold(({ fault }) => fault !== null)
    t.regex(
      failed?.fault ?? '',
      /^wrong\.gateway\.test cannot be proved, and all names are in one certificate: .* lego: /,
    )
    t.deepEqual(failed?.missing_names, ['wrong.gateway.test'])
    await live.change(serving('right'))
    t.is(readStatus(join(folder, 'state/certs'))?.fault, null)
  },
)
