import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { watchConfiguration } from '../../../../lib/catalogue/configuration-watch.ts'
import type { Gateway } from '../../../../lib/catalogue/gateway.ts'
import { ConfigError } from '../../../../lib/platform/environment.ts'

test('a file that is bad is told once, also where it was written between two looks at it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watch-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'gateway.yaml')
  writeFileSync(path, '')
  const told: string[] = []
  let isWritten = false
  const end = watchConfiguration(path, {
    // Asked at the first look alone, where nothing is in the file.
    heldText() {
      if (!isWritten) writeFileSync(path, 'worse: {}\n')
      isWritten = true
      return 'good: {}\n'
    },
    read() {
      throw new ConfigError(['worse is unknown'])
    },
    onRead: () => t.fail(),
    onFaults: (faults) => told.push(...faults),
  })
  t.teardown(end)
  // Some looks more.
  await sleep(1500)
  t.true(isWritten)
  t.deepEqual(told, ['worse is unknown'])
})

test('a pipe in the place of the file, or far too much, is told, and the next good file is read', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'watch-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'gateway.yaml')
  writeFileSync(path, 'good: {}\n')
  const told: string[] = []
  let reads = 0
  const end = watchConfiguration(path, {
    heldText: () => 'good: {}\n',
    read: () => ({}) as Gateway,
    onRead() {
      reads += 1
    },
    onFaults: (faults) => told.push(...faults),
  })
  t.teardown(end)
  await until(() => reads === 1)
  execFileSync('mkfifo', [`${path}.new`])
  renameSync(`${path}.new`, path)
  await until(() => told.length === 1)
  writeFileSync(`${path}.new`, 'a: b\n'.repeat(200_000))
  renameSync(`${path}.new`, path)
  await until(() => told.length === 2)
  t.deepEqual(told, [
    `${path} cannot be read: it is no regular file`,
    `${path} cannot be read: it is larger than 256 KiB`,
  ])
  writeFileSync(path, 'better: {}\n')
  await until(() => reads === 2)
})

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it did not come to be')
    await sleep(20)
  }
}
