import test from 'ava'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { callFromPython, pythonWith } from '../support/python-client.ts'
import { createVisitor } from '../support/visitor.ts'

/** The session era, and the one that tries the stateless revision first. */
const VERSIONS = ['1.30.0', '2.3.0']

const pythons = new Map(
  await Promise.all(VERSIONS.map(async (version) => [version, await pythonWith(version)] as const)),
)

let gateway: TestGateway

test.before(async () => {
  if ([...pythons.values()].some((python) => python !== undefined)) gateway = await startGateway()
})
test.after.always(() => gateway?.remove())

for (const [version, python] of pythons) {
  const title = `the Python client ${version} logs in and calls a tool`
  if (python === undefined) {
    test.skip(`${title} (skipped: needs Python 3.10, venv and a package index)`, () => {})
    continue
  }
  test(title, async (t) => {
    const call = { python, visitor: createVisitor('pia') }
    const echo = { ...call, endpoint: `${gateway.url}/echo/mcp`, tool: 'whoami' }
    const { tools, text } = await callFromPython(echo)
    t.true(tools.includes('echo'))
    t.regex(text, /dev:pia/)
    const memory = { ...call, endpoint: `${gateway.url}/memory/mcp`, tool: 'read_graph' }
    t.regex((await callFromPython(memory)).text, /entities/)
  })
}
