import test from 'ava'
import { parseAnswer } from '../../../bench/bridge/connection.ts'
import { judge } from '../../../bench/bridge/goals.ts'
import { type Profile, readProfile } from '../../../bench/bridge/profile.ts'
import { quantileOf } from '../../../bench/bridge/quantile.ts'
import { type Figures, measureCells } from '../../../bench/bridge/rounds.ts'
import { parseSettings } from '../../../bench/bridge/settings.ts'

function figuresOf(
  contender: string,
  variant: string,
  values: Readonly<Record<string, number>>,
  place: Partial<Pick<Figures, 'part' | 'server'>> = {},
): Figures {
  const of = Object.fromEntries(
    Object.entries(values).map(([name, median]) => [name, { median, min: median, max: median }]),
  )
  return { part: 'calls', server: 'tiny', contender, variant, of, ...place }
}

test('goals are ratios of one run, and those of rows that were not measured have no verdict', (t) => {
  const verdicts = judge([
    figuresOf('ours', '16', { bridgeCpuUs: 80, perSecond: 9000 }),
    figuresOf('seed', '16', { bridgeCpuUs: 240, perSecond: 3100 }),
    figuresOf('pipe', '16', { bridgeCpuUs: 32 }),
    figuresOf('ours', 'SIGKILL', { left: 1 }, { part: 'endings' }),
  ])
  t.deepEqual(
    verdicts.map(({ title, value, isMet, wanted }) => [title, value.toFixed(2), isMet, wanted]),
    [
      ['seed / ours, CPU of the bridge for a call, 16 sessions', '3.00', true, 'at least 3'],
      ['ours / seed, calls a second, 16 sessions', '2.90', false, 'at least 3'],
      ['ours, processes left after SIGKILL', '1.00', false, 'at most 0'],
      [
        'ours / a bare pipe, CPU of the bridge for a call, tiny, 16 sessions',
        '2.50',
        true,
        undefined,
      ],
    ],
  )
})

test('latencies are compared with the best of the others', (t) => {
  const [verdict] = judge([
    figuresOf('ours', '64', { p99Ms: 10 }),
    figuresOf('seed', '64', { p99Ms: 40 }),
    figuresOf('supergateway', '64', { p99Ms: 29 }),
  ])
  t.is(verdict?.title, 'ours / the best of them, p99, 64 sessions')
  t.is(verdict?.value, 10 / 29)
  t.false(verdict?.isMet)
})

test('rounds are interleaved, and a wrong answer ends the run with the name of its cell', async (t) => {
  const order: string[] = []
  const cellOf = (contender: string, value: number) => ({
    part: 'calls' as const,
    server: 'tiny' as const,
    contender,
    async measure() {
      order.push(contender)
      return [{ variant: '1', numbers: { p50Ms: value + order.length } }]
    },
  })
  const options = { rounds: 3, progress: () => {} }
  const figures = await measureCells([cellOf('ours', 0), cellOf('pipe', 10)], options)
  t.deepEqual(order, ['ours', 'pipe', 'ours', 'pipe', 'ours', 'pipe'])
  t.deepEqual(figures[0]?.of['p50Ms'], { median: 3, min: 1, max: 5 })
  const wrong = { ...cellOf('seed', 0), measure: () => Promise.reject(new Error('another text')) }
  await t.throwsAsync(measureCells([wrong], options), {
    message: 'calls of seed with tiny: another text',
  })
})

test('an answer is read once it is whole, in one piece or in chunks', (t) => {
  const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
  t.is(parseAnswer(whole)?.body, 'hello')
  for (let end = 0; end < whole.length; end += 1) t.is(parseAnswer(whole.slice(0, end)), undefined)
  const chunked =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n7\r\n0\r\n\r\nlo\r\n0\r\n\r\n'
  t.is(parseAnswer(chunked)?.body, 'hel0\r\n\r\nlo')
  for (let end = 0; end < chunked.length; end += 1) {
    t.is(parseAnswer(chunked.slice(0, end)), undefined, `cut after ${end}`)
  }
  t.is(parseAnswer('HTTP/1.1 202 Accepted\r\nDate: now\r\n\r\n')?.status, 202)
  t.throws(() => parseAnswer('HTTP/1.1 200 OK\r\nDate: now\r\n\r\n'))
})

test('quantiles are values that were seen', (t) => {
  t.is(quantileOf([5, 1, 4, 2, 3], 0.5), 3)
  t.is(quantileOf([1, 2], 0.99), 2)
  t.true(Number.isNaN(quantileOf([], 0.5)))
})

test('a profile gives shares of the time that was not idle, within the window', (t) => {
  const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 6 })
  const profile: Profile = {
    startTime: 0,
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 4] },
      { id: 2, callFrame: frame('post', 'file:///a/mcp-bridge/post.ts'), children: [3] },
      { id: 3, callFrame: frame('parse', 'file:///a/mcp-bridge/json.ts') },
      { id: 4, callFrame: frame('(idle)') },
    ],
    samples: [2, 3, 4, 3, 2],
    timeDeltas: [10, 30, 500, 10, 1000],
  }
  const places = readProfile(profile, { from: 0, to: 600 })
  const of = (name: string) => places.find((place) => place.name === name)
  t.is(of('parse mcp-bridge/json.ts:7')?.self, 0.8)
  t.is(of('post mcp-bridge/post.ts:7')?.self, 0.2)
  t.is(of('post mcp-bridge/post.ts:7')?.total, 1)
  t.is(of('(idle)'), undefined)
})

test('settings have defaults, shorter ones for --quick, and say what they expect', (t) => {
  t.like(parseSettings([]), { seconds: 2, rounds: 3, sessions: [1, 16, 64], json: false })
  t.like(parseSettings(['--quick']), { seconds: 0.5, rounds: 1 })
  t.like(parseSettings(['--quick', '--rounds', '2']), { seconds: 0.5, rounds: 2 })
  t.deepEqual(parseSettings(['--only', 'calls']).parts, ['calls'])
  t.throws(() => parseSettings(['--only', 'speed']), {
    message: '--only speed: there is calls, opening, memory, endings',
  })
  t.throws(() => parseSettings(['--sessions', '1,0']))
  t.throws(() => parseSettings(['--seconds', 'x']))
})
