/** Services that ask what they are told to: a browser of one's own, and pages; behind the guard, all of them. */

import { createSocket } from 'node:dgram'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { lackOfSandbox } from '../../lib/platform/browser-sandbox.ts'
import { toUserId } from '../../mcp-bridge/runner/user-id.ts'
import {
  callParts,
  fetchsIsHeld,
  playwrightIsHeld,
  workWithPlaywright,
} from '../support/browser-work.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { createGatewayCommand } from '../support/gateway-command.ts'
import { until } from '../support/gateway-process.ts'
import { needs } from '../support/needs.ts'
import { type Connection, callText, connect } from '../support/sdk-client.ts'
import { toolPath } from '../support/tool-path.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const ON = ['PLAYWRIGHT', 'CHROME_DEVTOOLS', 'CONTEXT7']
const OFF = ['EVERYTHING', 'FILESYSTEM', 'MEMORY', 'SEQUENTIALTHINKING', 'ECHO']
const switches = (names: readonly string[], value: string) =>
  names.map((name) => [`MCP_${name}_ENABLED`, value])

/** A site of this machine that the operator allows, and its neighbour that nobody does. */
const asked: string[] = []
const site = createServer(({ url = '', headers }, response) => {
  asked.push(`${headers.host}${url}`)
  if (url === '/away') response.writeHead(302, { location: neighbourUrl('/by-redirect') }).end()
  else if (url === '/robots.txt') response.writeHead(404).end()
  else {
    const frame = `<iframe src="${neighbourUrl('/by-frame')}"></iframe>`
    response.setHeader('content-type', 'text/html')
    response.end(`<title>Tides</title><h1>High at noon</h1>${frame}`)
  }
})
const neighbour = createServer(({ url = '' }, response) => {
  asked.push(`neighbour${url}`)
  response.end('secret of the neighbour')
})
for (const server of [site, neighbour]) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}
const portOf = (server: typeof site): number => (server.address() as AddressInfo).port
const neighbourUrl = (path: string): string => `http://127.0.0.1:${portOf(neighbour)}${path}`
const siteUrl = (path: string): string => `http://127.0.0.1:${portOf(site)}${path}`

let gateway: TestGateway
// The very first time packages are fetched.
test.before(async (t) => {
  t.timeout(300_000)
  gateway = await startGateway({
    readyMsMax: 240_000,
    environment: Object.fromEntries([
      ...switches(ON, String(toolPath('chromium') !== undefined)),
      ...switches(OFF, 'false'),
      ['EGRESS_ALLOW', `127.0.0.1:${portOf(site)}`],
      ['CHROMIUM_BIN', toolPath('chromium') ?? ''],
    ]),
  })
})
test.after.always(async () => {
  await gateway?.remove()
  for (const server of [site, neighbour]) {
    server.close()
    server.closeAllConnections()
  }
})

async function enter(t: ExecutionContext, service: string, name: string): Promise<Connection> {
  const connection = await connect(`${gateway.url}/${service}/mcp`, createVisitor(name))
  t.teardown(() => connection.close())
  return connection
}

verifies('fetchs-reaches-nothing-inside', async (t) => {
  const { client } = await enter(t, 'fetchs', 'alice')
  const result = await client.callTool({ name: 'fetch', arguments: { url: siteUrl('/page') } })
  t.like(result.structuredContent, { title: 'Tides', status: 200, url: siteUrl('/page') })
  t.regex(JSON.stringify(result.content), /# High at noon/)
  const elsewhere = [
    neighbourUrl('/direct'),
    siteUrl('/away'),
    `http://127.0.0.1:${gateway.adminPort}/`,
  ]
  await t.notThrowsAsync(fetchsIsHeld(client, elsewhere))
})

verifies('fetchs-speaks', async (t) => {
  const [{ client, transport }, other] = await Promise.all([
    enter(t, 'fetchs', 'alice'),
    enter(t, 'fetchs', 'alice'),
  ])
  t.truthy(transport.sessionId)
  t.not(transport.sessionId, other.transport.sessionId)
  await t.notThrowsAsync(client.notification({ method: 'notifications/roots/list_changed' }))
  t.notRegex(JSON.stringify(await client.listTools()), /:null/)
  const args = { url: siteUrl('/page'), maxLength: 5 }
  const { isError } = await client.callTool({ name: 'fetch', arguments: args })
  t.true(isError)
})

needs('chromium')(
  'a browser without its own sandbox is told of, at the start and afterwards',
  async (t) => {
    const lack = lackOfSandbox()
    const status = await createGatewayCommand(gateway.folder)(['status'])
    for (const text of [gateway.output(), status.stdout]) {
      const told =
        /^The browser of chrome-devtools, playwright runs without its own sandbox: /m.test(text)
      t.is(told, lack !== undefined, text)
    }
  },
)

needs('chromium')(
  'playwright: a page is read and photographed, and the guard holds the browser',
  async (t) => {
    t.timeout(120_000)
    const { client } = await enter(t, 'playwright', 'alice')
    await workWithPlaywright(client, 'hello')
    await callText(client, 'browser_navigate', { url: siteUrl('/page') })
    t.regex(await callText(client, 'browser_snapshot'), /High at noon/)
    await t.notThrowsAsync(
      playwrightIsHeld(client, [
        neighbourUrl('/direct'),
        siteUrl('/away'),
        `http://localhost:${portOf(neighbour)}/by-name`,
        `http://127.0.0.1:${gateway.adminPort}/`,
      ]),
    )
    const { tools } = await client.listTools()
    t.false(tools.some(({ name }) => name === 'browser_run_code_unsafe'))
    t.deepEqual(
      asked.filter((one) => one.startsWith('neighbour')),
      [],
    )
  },
)

needs('chromium')(
  'playwright: two sessions of one person have two browsers, and nothing is left of them',
  async (t) => {
    t.timeout(120_000)
    const [one, two] = await Promise.all([
      enter(t, 'playwright', 'bob'),
      enter(t, 'playwright', 'bob'),
    ])
    await callText(one.client, 'browser_navigate', { url: siteUrl('/page') })
    await callText(one.client, 'browser_evaluate', {
      function: '() => { document.cookie = "a=1" }',
    })
    await callText(two.client, 'browser_navigate', { url: siteUrl('/page') })
    t.regex(await callText(one.client, 'browser_evaluate', COOKIE), /"a=1"/)
    t.notRegex(await callText(two.client, 'browser_evaluate', COOKIE), /a=1/)
    const running = withDescendants(browsersOf('bob'))
    t.true(running.length >= 8, 'two of: guard, server, browser, and what the browser starts')
    for (const { transport } of [one, two]) await transport.terminateSession()
    await t.notThrowsAsync(until(() => running.every((pid) => !existsSync(`/proc/${pid}`)), 20_000))
  },
)

const COOKIE = { function: '() => document.cookie' }

needs('chromium')('chrome-devtools: a page is read, and the guard holds the browser', async (t) => {
  t.timeout(120_000)
  const { client } = await enter(t, 'chrome-devtools', 'alice')
  await callText(client, 'navigate_page', { url: siteUrl('/page') })
  t.regex(await callText(client, 'take_snapshot'), /High at noon/)
  for (const url of [neighbourUrl('/direct'), 'http://169.254.169.254/', 'file:///etc/passwd']) {
    const parts = await callParts(client, 'navigate_page', { url })
    const shown = await callParts(client, 'take_snapshot')
    t.regex(JSON.stringify([parts, shown]), /not on the public internet|ERR_|disabled|not allowed/i)
    t.notRegex(JSON.stringify([parts, shown]), /secret of the neighbour|root:x/)
  }
})

const EVALUATE = { playwright: 'browser_evaluate', 'chrome-devtools': 'evaluate_script' }

for (const [service, tool] of Object.entries(EVALUATE)) {
  needs('chromium')(`${service}: a call between browsers does not go past the proxy`, async (t) => {
    t.timeout(120_000)
    const listener = createSocket('udp4')
    t.teardown(() => void listener.close())
    let packets = 0
    listener.on('message', () => {
      packets += 1
    })
    await new Promise<void>((resolve) => listener.bind(0, '127.0.0.1', resolve))
    const { client } = await enter(t, service, 'carol')
    const script = callBetweenBrowsers(listener.address().port)
    t.regex(await callText(client, tool, { function: script }), /gathered/)
    t.is(packets, 0)
  })
}

/** Asks this port who we are, as a call between browsers (WebRTC) begins. */
function callBetweenBrowsers(port: number): string {
  return `async () => {
    const call = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:${port}' }] })
    call.createDataChannel('any')
    await call.setLocalDescription(await call.createOffer())
    await new Promise((resolve) => setTimeout(resolve, 2000))
    return 'gathered'
  }`
}

needs('chromium')('context7: lists its tools', async (t) => {
  const { client } = await enter(t, 'context7', 'alice')
  const { tools } = await client.listTools()
  t.true(tools.some(({ name }) => name === 'query-docs'))
})

/** Processes whose home is this person's folder: browsers and what drives them. */
function browsersOf(name: string): string[] {
  const home = `HOME=${gateway.folder}/.gateway/services/playwright/${toUserId(`dev:${name}`)}`
  return processes().filter((pid) => readProcess(pid, 'environ').includes(home))
}

/** A browser's own children write over their environment. */
function withDescendants(pids: readonly string[]): readonly string[] {
  const found = new Set(pids)
  const parents = processes().map((pid): [pid: string, parent: string] => {
    return [pid, /^PPid:\t(\d+)$/m.exec(readProcess(pid, 'status'))?.[1] ?? '']
  })
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

function processes(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
}

function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // Ended meanwhile, or somebody else's.
    return ''
  }
}
