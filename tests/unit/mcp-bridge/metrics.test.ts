import test from 'ava'
import { createMetrics } from '../../../mcp-bridge/metrics.ts'

test('of remote services it is told whether they are reached', async (t) => {
  const reachability = new Map([
    ['docs', false],
    ['notes', true],
  ])
  const { render } = createMetrics({
    running: { processes: [], spares: [] },
    totals: new Map(),
    queue: { waiting: 0, waits: 0 },
    reachability,
  })
  const text = await render()
  t.true(text.includes('mcp_bridge_remote_reachable{service="docs"} 0'))
  t.true(text.includes('mcp_bridge_remote_reachable{service="notes"} 1'))
  reachability.delete('docs')
  t.false((await render()).includes('service="docs"'))
})
