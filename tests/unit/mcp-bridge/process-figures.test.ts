import test from 'ava'
import { createFigures } from '../../../lib/platform/figures.ts'
import { tellRunner } from '../../../mcp-bridge/process-figures.ts'

test('of remote services it is told whether they are reached', async (t) => {
  const reachability = new Map([
    ['docs', false],
    ['notes', true],
  ])
  const figures = createFigures()
  tellRunner(figures, {
    running: { processes: [], spares: [] },
    totals: new Map(),
    queue: { waiting: 0, waits: 0 },
    reachability,
  })
  const text = await figures.render()
  t.true(text.includes('mcp_gateway_remote_reachable{service="docs"} 0'))
  t.true(text.includes('mcp_gateway_remote_reachable{service="notes"} 1'))
  reachability.delete('docs')
  t.false((await figures.render()).includes('service="docs"'))
})
