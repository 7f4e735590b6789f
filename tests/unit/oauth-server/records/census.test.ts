import { mock } from 'node:test'
import test from 'ava'
import { createFigures } from '../../../../lib/platform/figures.ts'
import { createLog } from '../../../../lib/platform/log.ts'
import { type CensusPorts, tellCensus } from '../../../../oauth-server/records/census.ts'

test.serial(
  'everybody is counted again after a minute, wherever the clock was put meanwhile',
  async (t) => {
    let steady = performance.now()
    const { mock: reading } = mock.method(performance, 'now', () => steady)
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    t.teardown(() => {
      reading.restore()
      mock.timers.reset()
    })
    let people = ['dev:alice']
    const figures = createFigures()
    tellCensus(figures, {
      families: {
        users: { page: async () => ({ ids: people, next: undefined }) },
        grants: { ofUser: async () => [] },
        grantRecords: { describe: async () => [] },
      } as unknown as CensusPorts['families'],
      resources: {} as CensusPorts['resources'],
      machines: [],
      log: createLog('test', 'error', { write: () => {} }),
    })
    const countedOnTheSide = () => new Promise((resolve) => setImmediate(resolve))
    const told = async (): Promise<string | undefined> => {
      await figures.render()
      await countedOnTheSide()
      return /^mcp_gateway_people (\d+)$/m.exec(await figures.render())?.[1]
    }
    t.is(await told(), '1')
    people = ['dev:alice', 'dev:bob']
    t.is(await told(), '1', 'not yet')
    mock.timers.setTime(Date.now() - 86_400_000)
    steady += 60_001
    t.is(await told(), '2')
  },
)
