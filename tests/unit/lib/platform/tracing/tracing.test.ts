import { registerHooks } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { Log } from '../../../../../lib/platform/log.ts'
import { openTracing } from '../../../../../lib/platform/tracing/open-tracing.ts'
import type { Tracing } from '../../../../../lib/platform/tracing/tracing.ts'
import { startCollector } from '../../../../support/otlp-collector.ts'

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const UNSAMPLED = PARENT.replace(/01$/, '00')

function listen(): { log: Log; lines: object[] } {
  const lines: object[] = []
  const tell = (fields: object, msg: string): void => void lines.push({ ...fields, msg })
  return { log: { warn: tell } as unknown as Log, lines }
}

const open = async (url: string, log = listen().log): Promise<Tracing> => {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '20' }
  const tracing = await openTracing(environment, 'room', log)
  if (tracing === undefined) throw new Error('traces are off')
  return tracing
}

/** First: whatever a test loads stays loaded. */
test.serial('off, nothing of the library is loaded; on, what the protocol needs', async (t) => {
  const loaded: string[] = []
  const hooks = registerHooks({
    load(url, context, next) {
      loaded.push(url)
      return next(url, context)
    },
  })
  t.teardown(() => hooks.deregister())
  const { log } = listen()
  t.is(await openTracing({ OTEL_SERVICE_NAME: 'gateway' }, 'room', log), undefined)
  t.deepEqual(loaded, [])
  const tracing = await open('http://127.0.0.1:9')
  await tracing.stop()
  t.true(loaded.some((url) => url.includes('@opentelemetry/sdk-trace')))
  t.false(loaded.some((url) => url.includes('otlp-grpc')))
})

test.serial('what hangs on a recorded trace is sent, with its parent', async (t) => {
  const collector = await startCollector()
  const tracing = await open(collector.url)
  const above = tracing.start('above', { kind: 'server', parent: PARENT, attributes: { a: 1 } })
  const below = tracing.start('below', { kind: 'client', parent: above })
  below.link('00-11111111111111111111111111111111-2222222222222222-01')
  below.fail('timeout')
  below.end()
  above.rename('renamed')
  above.end()
  await tracing.stop()
  const [first, second] = collector.spans.toSorted((a, b) => a.name.localeCompare(b.name))
  t.like(first, { name: 'below', parentId: second?.spanId, kind: 3, hasFailed: true })
  t.deepEqual(first?.links, ['1'.repeat(32)])
  t.is(first?.attributes['error.type'], 'timeout')
  t.like(second, { name: 'renamed', parentId: 'b7ad6b7169203331', kind: 2, hasFailed: false })
  t.is(second?.traceId, '0af7651916cd43dd8448eb211c80319c')
  t.is(above.traceparent, `00-${second?.traceId}-${second?.spanId}-01`)
  await collector.close()
})

test.serial('who is not recorded, or has no trace, is not sent and still travels on', async (t) => {
  const collector = await startCollector()
  const tracing = await open(collector.url)
  const unsampled = tracing.start('one', { kind: 'server', parent: UNSAMPLED })
  t.regex(unsampled.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/)
  const nobodys = tracing.start('two', { kind: 'server', parent: undefined })
  const rubbish = tracing.start('three', { kind: 'server', parent: 'rubbish' })
  for (const span of [unsampled, nobodys, rubbish]) {
    t.regex(span.traceparent, /-00$/)
    span.end()
  }
  await tracing.stop()
  t.deepEqual(collector.spans, [])
  await collector.close()
})

test.serial('the current span is that of what runs, until it has ended', async (t) => {
  const tracing = await open('http://127.0.0.1:9')
  const span = tracing.start('one', { kind: 'server', parent: PARENT })
  t.is(tracing.current, undefined)
  await tracing.within(span, async () => {
    await sleep(1)
    t.is(tracing.current, span)
    const later = sleep(30).then(() => tracing.current)
    span.end()
    t.is(await later, undefined, 'what a request has set going is none of its work any more')
  })
  await tracing.stop()
})

test.serial(
  'a collector that is away is one line, and leaving takes a second at most',
  async (t) => {
    const { log, lines } = listen()
    const tracing = await open('http://127.0.0.1:9', log)
    for (let n = 0; n < 20; n += 1) {
      tracing.start('lost', { kind: 'server', parent: PARENT }).end()
      await sleep(30)
    }
    const began = performance.now()
    await tracing.stop()
    t.true(performance.now() - began < 2000)
    t.true(lines.length <= 1)
  },
)
