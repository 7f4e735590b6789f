/**
 * What the container of a service keeps from whoever has taken it over: asked from inside, as root of the
 * engine would let them in.
 */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { workWithTime } from '../support/python-work.ts'
import { callText } from '../support/sdk-client.ts'
import type { World } from './checks.ts'
import type { Seen } from './probe.ts'
import { type Container, docker, type Stack } from './stack.ts'

const SERVICES_FILE = join(import.meta.dirname, '../../services/compose.yaml')
const PROBE = readFileSync(join(import.meta.dirname, 'probe.ts'))
/** Of the kernel's numbers: KILL, SETGID, SETUID. */
const ROOTS_CAPABILITIES = '00000000000000e0'
const NO_CAPABILITIES = '0000000000000000'
/** The cloud's metadata, the internet, the engine's host. */
const ELSEWHERE = ['169.254.169.254:80', '1.1.1.1:443', '172.17.0.1:22']

/** Those of native servers, and what programs make for themselves. */
const ITS_OWN = /^\/(?:run\/runner\/n-|tmp\/|data\/)/
/** Its bounds are narrow: they are reached soon. */
const VICTIM = 'time'

const run = promisify(execFile)

/** What is asked of every container of a service that runs, each by itself. */
export async function checkIsolation({ stack }: Pick<World, 'stack'>): Promise<void> {
  const containers = await serviceContainers(stack)
  assert.ok(containers.length > 0, 'there are containers of services')
  const addresses = [...ELSEWHERE, ...(await addressesOf(stack))]
  await Promise.all(
    containers.map(async (one) => assertConfined(one.service, await probe(one, addresses))),
  )
}

/** A container of a service fills its processes and its memory; the others go on. */
export async function checkBounds({ stack, visit }: Pick<World, 'stack' | 'visit'>): Promise<void> {
  const victim = (await serviceContainers(stack)).find(({ service }) => service === VICTIM)
  if (victim === undefined) throw new Error(`${VICTIM} does not run`)
  const others = await visit.connect('echo')
  const areWell = async (): Promise<void> =>
    assert.equal(await callText(others.client, 'echo', { message: 'well' }), 'well')

  const bomb = 'while :; do sleep 600 & done'
  await assert.rejects(docker('exec', victim.name, 'sh', '-c', bomb), /[Cc]annot fork|unavailable/)
  await areWell()
  await docker('restart', '--time', '1', victim.name)

  const hog = 'const all = []; for (;;) all.push(Buffer.alloc(32 * 1024 * 1024, 1))'
  await assert.rejects(docker('exec', victim.name, 'node', '-e', hog), { code: 137 })
  await areWell()
  await others.close()
  await stack.untilHealthy()
  const again = await visit.connect(VICTIM)
  await workWithTime(again.client)
  await again.close()
}

/** The engine shows no socket of its own to anybody, and gives nobody its privileges. */
export async function checkEngine({ stack }: Pick<World, 'stack'>): Promise<void> {
  const names = (await stack.containers()).map(({ name }) => name)
  const told = JSON.parse(await docker('inspect', ...names)) as {
    Name: string
    HostConfig: { Privileged: boolean; PidMode: string; IpcMode: string }
    Mounts: { Source: string; Destination: string }[]
  }[]
  for (const { Name, HostConfig, Mounts } of told) {
    assert.equal(HostConfig.Privileged, false, Name)
    assert.equal(HostConfig.PidMode, '', Name)
    assert.notEqual(HostConfig.IpcMode, 'host', Name)
    const paths = Mounts.flatMap(({ Source, Destination }) => [Source, Destination])
    assert.ok(!paths.some((path) => path.includes('docker.sock')), Name)
  }
}

function assertConfined(service: string, seen: Seen): void {
  const isRoot = service === 'tmux'
  const isEgress = service === 'egress'
  const hasWayOut = seen.variables.includes('EGRESS_SOCKET')
  const note = (what: string): string => `${service}: ${what}`
  assert.deepEqual(seen.uid, isRoot ? 0 : 1000, note('account'))
  assert.equal(
    seen.status['CapEff'],
    isRoot ? ROOTS_CAPABILITIES : NO_CAPABILITIES,
    note('capabilities'),
  )
  assert.equal(
    seen.status['CapBnd'],
    isRoot ? ROOTS_CAPABILITIES : NO_CAPABILITIES,
    note('capabilities to be had'),
  )
  assert.equal(seen.status['NoNewPrivs'], '1', note('no new privileges'))
  assert.equal(seen.status['Seccomp'], '2', note('the kernel’s calls are filtered'))
  assert.deepEqual(
    seen.writable,
    isEgress ? ['/run/egress'] : ['/data'],
    note('what can be written'),
  )
  assert.deepEqual(
    seen.variables.filter((name) => /SECRET|PASSWORD|TOKEN|REDIS|^GITHUB_/.test(name)),
    [],
    note('secrets'),
  )
  const sockets = [
    ...(hasWayOut ? ['/run/egress/egress.sock'] : []),
    ...(isEgress ? [] : ['/run/runner/runner.sock']),
  ]
  const foreign = seen.sockets.filter((path) => !sockets.includes(path) && !ITS_OWN.test(path))
  assert.deepEqual(foreign, [], note('sockets of others'))
  for (const [path, answer] of Object.entries(seen.forged)) {
    assert.doesNotMatch(answer, /^2\d\d$/, note(`a forged identity at ${path}`))
  }
  if (!isEgress) {
    assert.deepEqual(
      seen.interfaces.filter((name) => name !== 'lo'),
      [],
      note('networks'),
    )
    assert.deepEqual(seen.reached, [], note('what can be reached'))
    assert.deepEqual(seen.resolved, [], note('names'))
  }
  for (const [destination, status] of Object.entries(seen.out)) {
    // A name may mean nothing there.
    assert.ok([403, 502].includes(status), note(`the way out to ${destination}: ${status}`))
  }
}

async function probe({ name }: Container, addresses: readonly string[]): Promise<Seen> {
  const node = ['node', '--input-type=module-typescript', '-', ...addresses]
  const asked = run('docker', ['exec', '-i', name, ...node])
  asked.child.stdin?.end(PROBE)
  return JSON.parse((await asked).stdout) as Seen
}

async function serviceContainers(stack: Stack): Promise<readonly Container[]> {
  const { services } = parse(readFileSync(SERVICES_FILE, 'utf8'), { merge: true }) as {
    services: Record<string, unknown>
  }
  const containers = await stack.containers()
  return containers.filter(({ service, state }) => state === 'running' && service in services)
}

/** Where the other containers would listen, if they did: the ports of those that have an address. */
async function addressesOf(stack: Stack): Promise<string[]> {
  const names = (await stack.containers()).map(({ name }) => name)
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}} {{end}}'
  const told = await docker('inspect', '--format', format, ...names)
  const found = new Set(
    told.split(/\s+/).filter((address) => address !== '' && address !== 'invalid'),
  )
  return [...found].flatMap((address) => [80, 443, 6379, 8642].map((port) => `${address}:${port}`))
}
