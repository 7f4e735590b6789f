/** Where files of services lie, in a state directory and in volumes, and what a service cannot make of that. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { FileEntry } from '../../../../cli/backup/entries.ts'
import {
  clearFiles,
  createFilesLayOut,
  putFilesInPlace,
} from '../../../../cli/backup/lay-out-files.ts'
import {
  readServiceFiles,
  serviceFolder,
  servicesWithFiles,
} from '../../../../cli/backup/service-files.ts'
import { CliError } from '../../../../cli/cli-error.ts'

function makeState(t: ExecutionContext, folders: readonly string[]): string {
  const state = mkdtempSync(join(tmpdir(), 'service-files-'))
  t.teardown(() => rmSync(state, { recursive: true, force: true }))
  for (const folder of folders) mkdirSync(join(state, folder), { recursive: true })
  return state
}

const FILE = { type: 'file', kind: 'file', service: 'echo', path: 'a/b', mode: 0o640 } as const
const PART: FileEntry = { ...FILE, part: Buffer.from('kept').toString('base64'), last: true }

test('a volume speaks for its own service, the shared one for those that have none', async (t) => {
  const state = makeState(t, [
    ...['services/here', 'volumes/echo/echo', 'volumes/echo/memory', 'volumes/echo/.cache'],
    ...['volumes/memory', 'volumes/own/tools', 'volumes/own/memory', 'volumes/own/.npm'],
    'volumes/own/lost+found',
  ])
  t.deepEqual((await servicesWithFiles(state)).toSorted(), ['echo', 'here', 'tools'])
  for (const [service, place] of [
    ['here', 'services/here'],
    ['echo', 'volumes/echo/echo'],
    ['tools', 'volumes/own/tools'],
    ['memory', 'volumes/memory/memory'],
    ['nobody', 'volumes/own/nobody'],
  ] as const) {
    t.is(await serviceFolder(state, service), join(state, place))
  }
  const plain = makeState(t, ['services'])
  t.is(await serviceFolder(plain, 'echo'), join(plain, 'services/echo'))
})

test('files come back into the volume of their service', async (t) => {
  const state = makeState(t, ['volumes/echo', 'volumes/own'])
  const files = createFilesLayOut(state)
  await files.add(PART)
  await files.end()
  t.deepEqual(await putFilesInPlace(state), [])
  const found: FileEntry[] = []
  for await (const entry of readServiceFiles(state, 'echo')) found.push(entry)
  t.like(found, {
    0: { kind: 'folder', path: 'a' },
    1: { ...PART, last: false },
    2: { path: 'a/b', part: '', last: true, mode: 0o640 },
  })
  t.deepEqual(readdirSync(join(state, 'volumes/own')), [])
})

test('nothing is restored through a link that the backup itself brings', async (t) => {
  const state = makeState(t, ['volumes/echo', 'outside'])
  const files = createFilesLayOut(state)
  const target = join(state, 'outside')
  await files.add({ type: 'file', kind: 'link', service: 'echo', path: 'a', target })
  await t.notThrowsAsync(files.add(PART), 'its folder is a folder')
  await t.throwsAsync(files.end(), { code: 'EEXIST' })
  t.deepEqual(readdirSync(target), [])
})

test('nothing is restored through a link that a service has laid, or taken away behind it', async (t) => {
  const state = makeState(t, ['volumes/echo', 'outside/.restoring/new'])
  const outside = join(state, 'outside')
  writeFileSync(join(outside, 'secret'), 'kept')
  symlinkSync(outside, join(state, 'volumes/echo/echo'))
  const refused = { instanceOf: CliError, message: /is a link: nothing is restored through it/ }
  await t.throwsAsync(createFilesLayOut(state).add(PART), refused)
  t.deepEqual(await putFilesInPlace(state), [])
  t.deepEqual(await clearFiles(state), [])
  t.deepEqual(readdirSync(outside).toSorted(), ['.restoring', 'secret'])
  await t.throwsAsync(readServiceFiles(state, 'echo').next(), { instanceOf: CliError })

  const other = makeState(t, ['volumes/echo/echo', 'outside'])
  symlinkSync(join(other, 'outside'), join(other, 'volumes/echo/echo/.restoring'))
  await t.throwsAsync(createFilesLayOut(other).add(PART), refused)
  t.deepEqual(readdirSync(join(other, 'outside')), [])
})
