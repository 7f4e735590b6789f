/** Against repositories of git on this machine, one of which the other was cloned from. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lookUpRelease } from '../../../cli/release/newer-release.ts'
import { needs } from '../../support/needs.ts'

const ENVIRONMENT = { PATH: process.env['PATH'] }
const AUTHOR = ['-c', 'user.name=a', '-c', 'user.email=a@example.com']

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-C', folder, ...AUTHOR, ...args], { encoding: 'utf8' }).trim()
}

function commit(folder: string, text: string): string {
  writeFileSync(join(folder, 'file'), text)
  git(folder, 'add', 'file')
  git(folder, 'commit', '-qm', text)
  return git(folder, 'rev-parse', 'HEAD')
}

needs('git')('a clone is compared with where it comes from', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'release-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [origin, clone] = [join(folder, 'origin'), join(folder, 'clone')]
  git(folder, 'init', '-q', '-b', 'main', origin)
  commit(origin, 'first')
  git(folder, 'clone', '-q', origin, clone)
  const look = () => lookUpRelease(clone, '0.1.0', ENVIRONMENT)
  t.deepEqual(await look(), { verdict: 'current' })

  commit(clone, 'of our own')
  t.deepEqual(await look(), { verdict: 'current' }, 'what was never pushed is no news')
  const moved = commit(origin, 'second')
  t.deepEqual(await look(), { verdict: 'moved', branch: 'origin/main', commit: moved })
  git(origin, 'tag', 'v0.2.0')
  t.deepEqual(await look(), { verdict: 'newer', release: 'v0.2.0' })

  git(clone, 'fetch', '-q', '--tags')
  git(clone, 'checkout', '-q', 'v0.2.0')
  const taken = await lookUpRelease(clone, '0.2.0', ENVIRONMENT)
  t.deepEqual(taken, { verdict: 'current' }, 'a release follows no branch')
  git(clone, 'checkout', '-q', 'main')
  git(origin, 'branch', '-qm', 'main', 'other')
  t.like(await lookUpRelease(clone, '0.2.0', ENVIRONMENT), { verdict: 'unknown' })

  rmSync(origin, { recursive: true })
  t.like(await look(), { verdict: 'unknown' })
  t.like(await lookUpRelease(folder, '0.1.0', ENVIRONMENT), { verdict: 'unknown' })
})
