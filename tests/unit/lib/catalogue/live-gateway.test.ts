/** The watch on the file, as each process has it: beside copies that somebody keeps, or alone. */

import { mkdirSync, mkdtempSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type Copies, copiesIn } from '../../../../lib/catalogue/copies.ts'
import { type Gateway, readGateway } from '../../../../lib/catalogue/gateway.ts'
import { type LiveGateway, watchGateway } from '../../../../lib/catalogue/live-gateway.ts'
import type { Side } from '../../../../lib/catalogue/take-up.ts'
import { markOfText } from '../../../../lib/catalogue/uptake.ts'
import { createLog } from '../../../../lib/platform/log.ts'
import { until } from '../../../support/gateway-process.ts'

const tools = (...names: string[]): string =>
  `mcpServers:\n${names.map((name) => `  ${name}: { command: ./${name} }\n`).join('')}`
const namesOf = ({ services }: Gateway): string =>
  [...services.keys()].filter((name) => name.length === 1).join('')

interface Watched {
  readonly live: LiveGateway
  readonly lines: string[]
  /** The services after each change, in the order in which listeners heard of them. */
  readonly heard: string[]
}

interface Place {
  readonly folder: string
  readonly copies: Copies
  watch(side?: Side, environment?: Record<string, string>): Watched
  /** As the command line does it. */
  accept(text: string): void
}

function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'live-'))
  const copies = copiesIn(join(folder, 'copies'))
  mkdirSync(copies.folder)
  return {
    folder,
    copies,
    watch(side = 'room', environment = { GATEWAY_CONFIG_COPIES: copies.folder }) {
      const lines: string[] = []
      const heard: string[] = []
      const log = createLog('test', 'info', { write: (line: string) => void lines.push(line) })
      const live = watchGateway({
        start: readGateway(environment, folder),
        environment,
        workingDirectory: folder,
        side,
        log,
      })
      live.onChange((now) => void heard.push(namesOf(now)))
      return { live, lines, heard }
    },
    accept(text) {
      writeFileSync(`${copies.accepted}.new`, text)
      renameSync(`${copies.accepted}.new`, copies.accepted)
    },
  }
}

const MS_MAX = 10_000

test('alone it reads the operator’s file, and believes it only as a whole', async (t) => {
  const place = makePlace()
  const path = join(place.folder, 'gateway.yaml')
  writeFileSync(path, tools('a'))
  const { live, lines, heard } = place.watch('room', {})
  t.teardown(live.stop)
  t.is(namesOf(live.current), 'a')
  writeFileSync(path, `${tools('a', 'b')}branding: { name: Acme }\n`)
  await until(() => namesOf(live.current) === 'ab', MS_MAX)
  t.not(live.current.branding.name, 'Acme', 'only another start takes that up')
  t.true(lines.some((line) => /"changed":\["branding"\].*restart to use all of it/.test(line)))
  writeFileSync(path, `${tools('a')}nonsense: 1\n`)
  const complaints = (): number => lines.filter((line) => line.includes('stays in force')).length
  await until(() => complaints() === 1, MS_MAX)
  t.is(namesOf(live.current), 'ab')
  await sleep(800)
  t.is(complaints(), 1, 'told once')
  writeFileSync(path, tools('b'))
  await until(() => namesOf(live.current) === 'b', MS_MAX)
  t.deepEqual(heard, ['ab', 'b'])
})

test('beside copies the accepted one is in force at once, and paths are the operator’s', (t) => {
  const place = makePlace()
  writeFileSync(join(place.folder, 'gateway.yaml'), 'is not: even read')
  writeFileSync(place.copies.started, tools('a'))
  place.accept(tools('a', 'b'))
  const { live } = place.watch()
  t.teardown(live.stop)
  t.is(namesOf(live.current), 'ab')
  t.like(live.current.services.get('b')?.launch, { command: join(place.folder, 'b') })
  t.is(live.current.configurationPath, join(place.folder, 'gateway.yaml'))
})

test('what comes is known to the rooms before the edge leads there, what goes until it does not', async (t) => {
  const place = makePlace()
  for (const path of [place.copies.started, place.copies.accepted]) writeFileSync(path, tools('a'))
  const rooms = [place.watch('room')]
  const edge = place.watch('edge')
  t.teardown(() => [edge, ...rooms].map(({ live }) => live.stop()))
  const known = (): string => rooms.map(({ live }) => namesOf(live.current)).join()
  const seen: string[] = []
  edge.live.onChange((now) => void seen.push(`${namesOf(now)} while rooms know ${known()}`))
  place.accept(tools('b'))
  await until(() => namesOf(edge.live.current) === 'b' && known() === 'b', MS_MAX)
  t.deepEqual(edge.heard, ['', 'b'])
  t.deepEqual(rooms[0]?.heard, ['ab', 'b'])
  t.regex(seen[0] ?? '', /^ while rooms know ab?$/, 'the edge leads there no more')
  t.regex(seen[1] ?? '', /^b while rooms know a?b$/, 'the rooms know it')
})

test('a process that hangs holds nobody up for ever, one that was killed not at all', async (t) => {
  const place = makePlace()
  for (const path of [place.copies.started, place.copies.accepted]) writeFileSync(path, tools('a'))
  const edge = place.watch('edge')
  t.teardown(edge.live.stop)
  // No process has this number.
  writeFileSync(join(place.copies.held, 'room.99999999'), 'something old')
  place.accept(tools('a', 'b'))
  await until(() => namesOf(edge.live.current) === 'ab', MS_MAX)
  t.false(edge.lines.some((line) => line.includes('in time')))
  // This one lives, and says nothing new.
  writeFileSync(join(place.copies.held, 'room.1'), 'something old')
  place.accept(tools('a', 'c'))
  await until(() => namesOf(edge.live.current) === 'ac', MS_MAX)
  t.true(edge.lines.some((line) => line.includes('has not taken up the changed configuration')))
})

test('a change that is overtaken by another holds nobody up', async (t) => {
  const place = makePlace()
  for (const path of [place.copies.started, place.copies.accepted]) writeFileSync(path, tools('a'))
  const edge = place.watch('edge')
  t.teardown(edge.live.stop)
  // A room that has seen the second one alone.
  const held = join(place.copies.held, 'room.1')
  writeFileSync(held, 'something old')
  place.accept(tools('a', 'b'))
  await sleep(300)
  writeFileSync(held, markOfText(tools('a', 'c')))
  place.accept(tools('a', 'c'))
  await until(() => namesOf(edge.live.current) === 'ac', MS_MAX)
  t.deepEqual(edge.heard, ['ac'])
  t.false(edge.lines.some((line) => line.includes('in time')))
})

test('a listener that fails is told, and the others hear of the change', async (t) => {
  const place = makePlace()
  for (const path of [place.copies.started, place.copies.accepted]) writeFileSync(path, tools('a'))
  const { live, lines } = place.watch()
  live.onChange(() => {
    throw new Error('cannot follow')
  })
  let last = ''
  const end = live.onChange((now) => {
    last = namesOf(now)
  })
  place.accept(tools('b'))
  await until(() => last === 'b', MS_MAX)
  t.true(lines.some((line) => /cannot follow/.test(line)))
  end()
  place.accept(tools('c'))
  await until(() => namesOf(live.current) === 'c', MS_MAX)
  t.is(last, 'b', 'who has left hears nothing')
  live.stop()
  t.deepEqual(
    readdirSync(place.copies.held).filter((name) => name.startsWith('room')),
    [],
  )
})
