import { EventEmitter } from 'node:events'
import { mock } from 'node:test'
import test from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import { type Exchange, watchExchange } from '../../../mcp-bridge/exchange.ts'

test.serial('a clock that is put back makes no request last less than nothing', (t) => {
  const response = Object.assign(new EventEmitter(), { statusCode: 200 })
  const exchange = {
    request: { method: 'GET', headers: {} },
    response,
    identity: { userId: 'dev:alice', clientId: 'app' },
    service: { name: 'echo' },
    admission: {},
  } as unknown as Exchange
  const seconds: number[] = []
  const lines: string[] = []
  watchExchange(exchange, {
    log: createLog('test', 'info', { write: (line) => void lines.push(line) }),
    countRequest: (facts) => void seconds.push(facts.seconds),
  })
  const now = Date.now()
  mock.timers.enable({ apis: ['Date'], now: now - 3_600_000 })
  t.teardown(() => mock.timers.reset())
  response.emit('close')
  t.is(seconds.length, 1)
  t.true((seconds[0] ?? -1) >= 0 && (seconds[0] ?? 60) < 60, String(seconds[0]))
  t.regex(lines.join(''), /"duration_ms":\d+,/)
})
