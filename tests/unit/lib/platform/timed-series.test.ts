import test from 'ava'
import { Histogram, Registry } from 'prom-client'
import { createFigures } from '../../../../lib/platform/figures.ts'

const BUCKETS = [0.005, 0.1, 1]
const OBSERVED: readonly (readonly [number, string, string])[] = [
  [0.001, 'a', 'x'],
  [0.005, 'a', 'x'],
  [0.0051, 'b "quoted"\\', 'y'],
  [1, 'a', 'x'],
  [7, 'a', 'y'],
  [0, 'b "quoted"\\', 'y'],
]

/** Of what is rendered, the lines about one metric. */
function linesOf(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.includes(name))
}

test('a timing is rendered as the library renders its own', async (t) => {
  const figures = createFigures()
  const ours = figures.timing('call_seconds', 'How long.', BUCKETS, ['service', 'kind'])
  const registry = new Registry()
  const theirs = new Histogram({
    name: 'mcp_gateway_call_seconds',
    help: 'How long.',
    labelNames: ['service', 'kind'],
    buckets: BUCKETS,
    registers: [registry],
  })
  for (const [seconds, service, kind] of OBSERVED) {
    ours.observe(seconds, [service, kind])
    theirs.observe({ service, kind }, seconds)
  }
  const lines = linesOf(await figures.render(), 'mcp_gateway_call_seconds')
  t.deepEqual(lines, linesOf(await registry.metrics(), 'mcp_gateway_call_seconds'))
  t.true(lines.some((line) => line.endsWith('_count{service="a",kind="x"} 3')))
})

test('without labels, and before anything was observed', async (t) => {
  const figures = createFigures()
  const ours = figures.timing('plain_seconds', 'How long.', BUCKETS)
  figures.timing('labelled_seconds', 'How long.', BUCKETS, ['service'])
  const registry = new Registry()
  const registers = [registry]
  const options = { help: 'How long.', buckets: BUCKETS, registers }
  const theirs = new Histogram({ name: 'mcp_gateway_plain_seconds', ...options })
  new Histogram({ name: 'mcp_gateway_labelled_seconds', ...options, labelNames: ['service'] })
  const compare = async (): Promise<void> => {
    const [own, their] = [await figures.render(), await registry.metrics()]
    t.deepEqual(linesOf(own, '_seconds').filter(isOfTest), linesOf(their, '_seconds'))
  }
  await compare()
  ours.observe(0.2)
  theirs.observe(0.2)
  await compare()
})

const isOfTest = (line: string): boolean => /plain|labelled/.test(line)
