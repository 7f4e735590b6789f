import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test from 'ava'
import { readListing, Usage } from '../../../../mcp-bridge/runner/figures.ts'
import { CHILD_MARKER } from '../../../../mcp-bridge/runner/sweep.ts'

test('reads what ps lists', (t) => {
  const listing = '  12  2048 00:01:05\n   7    10 1-02:00:00\n 9 4 0:01.50\nrubbish\n'
  const seen = readListing(listing)
  t.deepEqual(
    seen.map(({ group, memoryBytes, cpuSeconds }) => [group, memoryBytes, cpuSeconds]),
    [
      [12, 2 * 1024 * 1024, 65],
      [7, 10 * 1024, 93_600],
      [9, 4096, 1.5],
    ],
  )
})

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('what has left the group counts by its mark', async (t) => {
  const marker = `figures-${process.pid}`
  const script =
    'const { spawn } = require("node:child_process");' +
    'spawn("sleep", ["30"], { detached: true, stdio: "ignore" }).unref();' +
    'const held = Buffer.alloc(50_000_000, 1); console.log(held.length); setInterval(() => {}, 1000)'
  const child = spawn(process.execPath, ['-e', script], {
    detached: true,
    env: { PATH: process.env['PATH'], [CHILD_MARKER]: marker },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const usage = new Usage()
  const group = child.pid ?? 0
  const [one, same, none] = await Promise.all([
    usage.of({ group, marker }),
    usage.of({ group, marker }),
    usage.of({ group: 2 ** 30, marker: 'nobody' }),
  ])
  t.is(one?.processes, 2)
  t.true((one?.memoryBytes ?? 0) > 50_000_000)
  t.true((one?.cpuSeconds ?? 0) > 0)
  t.deepEqual(same, one)
  t.is(none, undefined)
})
