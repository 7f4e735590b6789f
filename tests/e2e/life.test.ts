import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { partsServing } from '../support/gateway-parts.ts'
import { callText, connect, type MemoryProvider } from '../support/sdk-client.ts'
import { verifiesAlone } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

/** Processes of this gateway: they run in its folder, or name it. */
function processesOf({ folder }: TestGateway): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        const place = readlinkSync(`/proc/${pid}/cwd`)
        const isOurs = [command, environment, place].some((text) => text.includes(folder))
        return isOurs ? [`${pid} ${command}`] : []
      } catch {
        // It ended while we looked.
        return []
      }
    })
}

async function worksAgain(
  endpoint: string,
  provider: MemoryProvider,
  withinMs: number,
): Promise<string> {
  const until = Date.now() + withinMs
  for (;;) {
    try {
      const connection = await connect(endpoint, createVisitor('nobody'), { provider })
      const answer = await callText(connection.client, 'whoami')
      await connection.close()
      return answer
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(100)
    }
  }
}

verifiesAlone('any-process-killed', async (t) => {
  t.timeout(120_000)
  const gateway = await startGateway({ asShipped: true })
  t.teardown(() => gateway.remove())
  const endpoint = `${gateway.url}/echo/mcp`
  const { provider, close } = await connect(endpoint, createVisitor('alice'))
  await close()
  const grant = provider.saved?.refresh_token
  const parts = await partsServing(gateway, () => true)
  t.true(parts.length >= 7)
  for (const { name, pid } of parts) {
    process.kill(pid, 'SIGKILL')
    t.regex(await worksAgain(endpoint, provider, 20_000), /dev:alice/, `after ${name} was killed`)
    await t.notThrowsAsync(
      partsServing(gateway, (one) => one === name, pid),
      `${name} comes back`,
    )
  }
  t.is(provider.saved?.refresh_token, grant, 'nobody had to log in or refresh again')
})

verifiesAlone('state-survives-restart', async (t) => {
  t.timeout(120_000)
  const first = await startGateway({ asShipped: true })
  const { provider, close } = await connect(`${first.url}/echo/mcp`, createVisitor('alice'))
  await close()
  t.is(await first.stop(), 0)
  t.deepEqual(processesOf(first), [], 'nothing runs on after SIGTERM')
  const second = await startGateway({ again: first, asShipped: true })
  t.teardown(() => second.remove())
  t.true(second.startedWithinMs < 20_000, `the second start took ${second.startedWithinMs} ms`)
  t.regex(await worksAgain(`${second.url}/echo/mcp`, provider, 5000), /dev:alice/)
})

verifiesAlone('nothing-left-behind', async (t) => {
  t.timeout(60_000)
  const gateway = await startGateway({ asShipped: true })
  const connection = await connect(`${gateway.url}/everything/mcp`, createVisitor('alice'))
  t.true(processesOf(gateway).length >= 7, 'supervisor, five parts and a child are seen')
  gateway.process.kill('SIGKILL')
  let left = processesOf(gateway)
  for (const until = Date.now() + 5000; left.length > 0 && Date.now() < until; ) {
    await sleep(100)
    left = processesOf(gateway)
  }
  t.deepEqual(left, [])
  await connection.close().catch(() => {})
})
