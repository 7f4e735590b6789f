import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import type { Ports } from '../../../oauth-server/ports.ts'
import { createReadiness } from '../../../oauth-server/readiness.ts'

const DAY_MS = 86_400_000

test('a store that began later than now is told once, and again when that comes back', async (t) => {
  const began = Date.now()
  let aheadMs = 0
  const lines: string[] = []
  const ports = {
    families: { revocations: { ensureEpoch: async () => Math.ceil(began / 1000) } },
    keyring: { synchronize: async () => {} },
    clock: () => began + aheadMs,
  } as unknown as Ports
  const log = createLog('test', 'info', { write: (line) => void lines.push(line) })
  const readiness = createReadiness(ports, log)
  const told = async (by: number): Promise<number> => {
    aheadMs = by
    void readiness.renew()
    await sleep(0)
    return lines.length
  }
  t.is(await told(0), 0)
  t.is(await told(-30_000), 0, 'clocks differ by so much')
  t.is(await told(-DAY_MS), 1)
  t.is(await told(-DAY_MS + 2000), 1, 'while it lasts it is no news')
  t.regex(lines.join(''), /"level":"error".*"begins":".*the store began later than now/)
  t.is(await told(0), 1)
  t.is(await told(-DAY_MS), 2)
})
