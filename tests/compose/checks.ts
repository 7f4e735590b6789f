/** The tests of the containers, in their order: each builds on what those before it left. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counts } from '../runner/tap.ts'
import { callText } from '../support/sdk-client.ts'
import { printImages, printMemory } from './figures.ts'
import { checkBounds, checkEngine, checkIsolation } from './isolation.ts'
import { type Lasting, leaveTraces } from './lasting.ts'
import { addServer } from './newcomer.ts'
import {
  checkBackup,
  checkNightlyBackup,
  checkOffboarding,
  checkSetup,
  checkStatus,
} from './operator.ts'
import { checkServices } from './services.ts'
import { createStack, docker, type Stack } from './stack.ts'
import { prepareSurroundings, type Surroundings } from './surroundings.ts'
import { createVisit, pebbleRoot, type Visit } from './visit.ts'

/** Switched on, and worked with: what is built in seconds, unless COMPOSE_TEST_SERVICES names others too. */
const SERVICES = (
  process.env['COMPOSE_TEST_SERVICES'] ??
  'echo,everything,fetch,fetchs,filesystem,memory,sequentialthinking,time,tmux'
).split(',')
const CERTIFICATE_MS_MAX = 120_000
const RESTART_MS_MAX = 60_000

export interface World {
  readonly stack: Stack
  readonly surroundings: Surroundings
  readonly visit: Visit
}

export async function runChecks(project: string, counts: Counts): Promise<void> {
  const surroundings = await prepareSurroundings(SERVICES)
  const stack = createStack(project, surroundings)
  const check = async (name: string, run: () => Promise<void>): Promise<void> => {
    const began = Date.now()
    await run()
    counts.passed += 1
    console.log(`✔ ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`)
  }
  try {
    await run({ stack, surroundings }, check)
  } catch (error) {
    // What comes after builds on it.
    counts.failed += 1
    console.log(`✘ ${error instanceof Error ? error.stack : String(error)}`)
    console.log(await stack.compose('logs', '--tail', '20').catch(String))
  } finally {
    await takeDown(stack).catch((error: unknown) => {
      counts.failed += 1
      console.log(`✘ everything is taken down: ${String(error)}`)
    })
    surroundings.remove()
  }
}

type Check = (name: string, run: () => Promise<void>) => Promise<void>

async function run(
  { stack, surroundings }: Pick<World, 'stack' | 'surroundings'>,
  check: Check,
): Promise<void> {
  await check('images are built', async () => void (await stack.compose('build', '--quiet')))
  await check('setup writes .env for whoever has the folder', () => checkSetup(stack))
  await check('from nothing to all healthy', () => bringUp(stack))
  await printMemory(stack, await servers(stack))
  await printImages(stack)
  let visit = createVisit(surroundings, '')
  await check('a certificate comes from the authority', async () => {
    visit = createVisit(surroundings, await pebbleRoot(surroundings))
    await untilTrusted(visit)
  })
  let lasting: Lasting | undefined
  await check('a login through GitHub, and a call that knows who calls', async () => {
    lasting = await leaveTraces(visit)
    await checkIdentity(visit)
  })
  const nothingIsLost = async (): Promise<void> => await lasting?.check()
  await check('status, in one screen', () => checkStatus(stack, surroundings))
  await check('somebody is disabled from the host, and the edge refuses them at once', () =>
    checkOffboarding(stack, surroundings),
  )
  await check('every service that is switched on does its work', () =>
    checkServices({ visit }, SERVICES),
  )
  await check('no container has what belongs to the engine', () => checkEngine({ stack }))
  await check('from inside a service nothing of others is seen or reached', () =>
    checkIsolation({ stack }),
  )
  await check('a service that fills its processes and its memory harms no other', () =>
    checkBounds({ stack, visit }),
  )
  await check('a server added while everything runs is known, certified and called', () =>
    addServer(surroundings, visit),
  )
  await check('each container restarted: nothing is lost', async () => {
    for (const { service } of await servers(stack)) await stack.compose('restart', service)
    await stack.untilHealthy()
    await nothingIsLost()
  })
  await check('each container killed: nothing is lost', async () => {
    const before = await servers(stack)
    for (const container of before) await stack.kill(container)
    for (const { name } of before) await untilRestarted(name)
    await stack.untilHealthy()
    await nothingIsLost()
  })
  await check('down and up: nothing is lost', async () => {
    await stack.compose('down')
    await bringUp(stack)
    await nothingIsLost()
  })
  await check('a backup is made each night', () => checkNightlyBackup(stack))
  await check('volumes gone, and restored from a backup: nothing is lost', async () => {
    await checkBackup(stack, surroundings, () => bringUp(stack))
    await nothingIsLost()
  })
  await check('an upgrade to new images: nothing is lost', async () => {
    await stack.upgrade('next')
    await bringUp(stack)
    await nothingIsLost()
  })
}

/** By the engine itself, after it had died. */
async function untilRestarted(name: string): Promise<void> {
  const inspect = async () => await docker('inspect', '--format', '{{.RestartCount}}', name)
  for (let waited = 0; Number(await inspect()) === 0; waited += 500) {
    if (waited > RESTART_MS_MAX) throw new Error(`${name} was not started again`)
    await sleep(500)
  }
}

/** Ours, and those of services; not what the test has put around them. */
async function servers(stack: Stack) {
  const containers = await stack.containers()
  return containers.filter(
    ({ service, state }) => state === 'running' && !['github', 'pebble'].includes(service),
  )
}

async function bringUp(stack: Stack): Promise<void> {
  await stack.compose('up', '--detach', '--no-build')
  await stack.untilHealthy()
}

/** Until then a placeholder is served, which nobody trusts. */
async function untilTrusted({ fetch, issuer, endpointOf }: Visit): Promise<void> {
  const urls = [`${issuer}/healthz`, ...SERVICES.map(endpointOf)]
  for (let waited = 0; ; waited += 500) {
    try {
      await Promise.all(urls.map(async (url) => (await fetch(url)).body?.cancel()))
      return
    } catch (error) {
      if (waited > CERTIFICATE_MS_MAX) throw error
    }
    await sleep(500)
  }
}

async function checkIdentity(visit: Visit): Promise<void> {
  const { client, close } = await visit.connect('echo')
  assert.match(await callText(client, 'whoami'), /octocat/)
  await close()
}

async function takeDown(stack: Stack): Promise<void> {
  await stack.compose('down', '--volumes', '--remove-orphans', '--timeout', '2')
  const filter = `reference=${stack.project}-*`
  const images = await docker('images', '--filter', filter, '--format', '{{.Repository}}:{{.Tag}}')
  const names = images.split('\n').filter((name) => name !== '')
  if (names.length > 0) await docker('rmi', ...names)
}
