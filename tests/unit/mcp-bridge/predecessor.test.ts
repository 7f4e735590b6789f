import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { placeHere, waitUntilGone } from '../../../mcp-bridge/predecessor.ts'

const place = await placeHere()
const onLinux = existsSync('/proc/self/ns/pid') ? test : test.skip

/** Ends at its input's end, or never by itself. */
async function startChild(
  t: ExecutionContext,
  env: Record<string, string>,
  isStubborn = false,
): Promise<ChildProcess> {
  const script = `${isStubborn ? "trap '' TERM HUP; " : ''}echo; read -r x${isStubborn ? '; while :; do sleep 1; done' : ''}`
  const child = spawn('/bin/sh', ['-c', script], { env, stdio: ['pipe', 'pipe', 'ignore'] })
  t.teardown(() => child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  return child
}

async function deadPid(t: ExecutionContext): Promise<number> {
  const child = await startChild(t, {})
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.stdin?.end()
  await ended
  return child.pid ?? 0
}

function markerOfTest(): { name: string; value: string } {
  return { name: 'MCP_TEST_BRIDGE', value: randomUUID() }
}

async function question(t: ExecutionContext, changes: object = {}) {
  const predecessor = { id: 'b.x', socket: '', pid: await deadPid(t), ...(place && { place }) }
  const marker = markerOfTest()
  return { predecessor, place, marker, graceMs: 3000, ...changes }
}

onLinux('nothing is left of it: at once', async (t) => {
  t.true(await waitUntilGone(await question(t)))
})

onLinux('what is left has the time that its watchdog gives it', async (t) => {
  const asked = await question(t)
  const child = await startChild(t, { [asked.marker.name]: asked.marker.value })
  let isGone = false
  const waiting = waitUntilGone(asked).then((gone) => {
    isGone = gone
  })
  await sleep(400)
  t.false(isGone)
  child.stdin?.end()
  await waiting
  t.true(isGone)
  t.is(child.signalCode, null)
})

onLinux('whoever lives on beyond that is killed', async (t) => {
  const asked = await question(t, { graceMs: 400 })
  const child = await startChild(t, { [asked.marker.name]: asked.marker.value }, true)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  t.true(await waitUntilGone(asked))
  await ended
  t.is(child.signalCode, 'SIGKILL')
})

onLinux('others are left alone', async (t) => {
  const asked = await question(t)
  const other = await startChild(t, { [asked.marker.name]: `${asked.marker.value}x` })
  t.true(await waitUntilGone(asked))
  t.is(other.exitCode, null)
})

onLinux('one that lives, or was elsewhere, cannot be said to be gone', async (t) => {
  const asked = await question(t)
  const living = { ...asked.predecessor, pid: process.ppid }
  t.false(await waitUntilGone({ ...asked, predecessor: living }))
  const elsewhere = { ...asked.predecessor, place: 'another start of the machine' }
  t.false(await waitUntilGone({ ...asked, predecessor: elsewhere }))
  t.false(await waitUntilGone({ ...asked, place: undefined }))
})
