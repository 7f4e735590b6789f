import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { watchConfiguration } from '../../../../lib/catalogue/configuration-watch.ts'
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
