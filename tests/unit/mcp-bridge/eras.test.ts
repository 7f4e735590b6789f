import test from 'ava'
import { type Service, toService } from '../../../lib/catalogue/service.ts'
import type { ServiceDefinition } from '../../../lib/catalogue/service-definition.ts'
import { createLog } from '../../../lib/platform/log.ts'
import { Eras } from '../../../mcp-bridge/eras.ts'
import { type EraRecords, eraKeyOf, type KnownEras } from '../../../mcp-bridge/store/eras.ts'

const log = createLog('test', 'error')

function serviceOf(definition: ServiceDefinition = {}): Service {
  const reading = toService('svc', { command: 'run', ...definition }, '/folder')
  if (!('service' in reading)) throw new Error(reading.faults.join())
  return reading.service
}

/** A store that is a map, and a probe that counts how often it was made. */
function world(isStateless: boolean, stored: KnownEras = {}) {
  const kept = new Map<string, KnownEras>()
  const service = serviceOf()
  kept.set(eraKeyOf(service), stored)
  const records: EraRecords = {
    read: (one) => Promise.resolve(kept.get(eraKeyOf(one)) ?? {}),
    note: (one, era, isKnown) => {
      kept.set(eraKeyOf(one), { ...kept.get(eraKeyOf(one)), [era]: isKnown })
      return Promise.resolve()
    },
  }
  let probes = 0
  const probe = (): Promise<boolean> => {
    probes += 1
    return Promise.resolve(isStateless)
  }
  const eras = new Eras({ records, log })
  return { eras, service, probe, kept, probes: () => probes }
}

test('nobody who wants a session waits for a question', async (t) => {
  const { eras, service, probe, probes } = world(true)
  t.is(await eras.of(service, 'sessions', probe), 'sessions')
  t.is(probes(), 0)
})

for (const isStateless of [true, false]) {
  test(`a server that ${isStateless ? 'answers' : 'does not answer'} without sessions is asked once, by whoever comes first`, async (t) => {
    const { eras, service, probe, probes, kept } = world(isStateless)
    const expected = isStateless ? 'stateless' : 'sessions'
    const many = Array.from({ length: 10 }, () => eras.of(service, 'stateless', probe))
    t.deepEqual(new Set(await Promise.all(many)), new Set([expected]))
    t.is(await eras.of(service, 'stateless', probe), expected)
    t.is(probes(), 1)
    t.deepEqual(kept.get(eraKeyOf(service)), { stateless: isStateless })
  })
}

test('what was learnt before a restart is known after it', async (t) => {
  const { eras, service, probe, probes } = world(true, { sessions: false, stateless: true })
  t.is(await eras.of(service, 'sessions', probe), 'stateless')
  t.is(await eras.of(service, 'stateless', probe), 'stateless')
  t.is(probes(), 0)
})

test('a server that is started otherwise is another one', async (t) => {
  const { eras, probe, probes } = world(true, { stateless: false })
  t.is(await eras.of(serviceOf({ args: ['--new'] }), 'stateless', probe), 'stateless')
  t.is(probes(), 1)
})

test('one person’s process speaks sessions while its server knows them', async (t) => {
  const { eras, probe, probes } = world(true)
  const own = serviceOf({ isolation: 'user' })
  t.is(await eras.of(own, 'stateless', probe), 'sessions')
  t.is(probes(), 0)
  t.true(await eras.hasNoSessions(own, { code: -32022 }, probe))
  t.is(await eras.of(own, 'stateless', probe), 'stateless')
})

test('a refusal alone does not make a server one without sessions', async (t) => {
  const { eras, service, probe } = world(false)
  t.false(await eras.hasNoSessions(service, { code: -32022 }, probe))
  t.is(await eras.of(service, 'sessions', probe), 'sessions')
})

test('one that has had sessions is asked again only if it says that there are none', async (t) => {
  const { eras, service, probe, probes } = world(true, { sessions: true, stateless: false })
  t.false(await eras.hasNoSessions(service, { code: -32602, message: 'no such client' }, probe))
  t.is(probes(), 0)
  t.true(await eras.hasNoSessions(service, { code: -32022 }, probe))
  t.is(probes(), 1)
  t.is(await eras.of(service, 'sessions', probe), 'stateless')
  t.is(await eras.of(service, 'stateless', probe), 'stateless')
})

test('a probe that fails teaches nothing', async (t) => {
  const { eras, service, probe, kept } = world(true)
  const failing = (): Promise<boolean> => Promise.reject(new Error('away'))
  await t.throwsAsync(eras.of(service, 'stateless', failing), { message: 'away' })
  t.deepEqual(kept.get(eraKeyOf(service)), {})
  t.is(await eras.of(service, 'stateless', probe), 'stateless')
})

test('who could not ask answers for nobody else', async (t) => {
  const { eras, service, probe, probes } = world(true)
  const { promise: refused, reject } = Promise.withResolvers<never>()
  const first = eras.of(service, 'stateless', () => refused)
  const others = [1, 2].map(() => eras.of(service, 'stateless', probe))
  reject(new Error('you have entered no key'))
  await t.throwsAsync(first, { message: 'you have entered no key' })
  t.deepEqual(await Promise.all(others), ['stateless', 'stateless'])
  t.is(await eras.of(service, 'stateless', () => refused), 'stateless')
  t.true(probes() > 0)
})

test('a store that is away costs a question, and no answer', async (t) => {
  const away = (): Promise<never> => Promise.reject(new Error('away'))
  const eras = new Eras({ records: { read: away, note: away }, log })
  t.is(await eras.of(serviceOf(), 'stateless', () => Promise.resolve(true)), 'stateless')
  t.is(await eras.of(serviceOf(), 'stateless', () => Promise.reject(new Error('no'))), 'stateless')
})
