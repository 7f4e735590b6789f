/** Whether where this clone comes from has something newer: asked by git, which knows the way there. */

import type { Environment } from '../../lib/platform/environment.ts'
import { runQuietly } from '../embedded/run-quietly.ts'
import { isNewer } from '../outdated/version.ts'

/** The wire shape of `gateway upgrade --check --json`. */
export type ReleaseLookup =
  | { readonly verdict: 'current' }
  /** A release with a later number. */
  | { readonly verdict: 'newer'; readonly release: string }
  /** The branch that this clone follows has other commits. */
  | { readonly verdict: 'moved'; readonly branch: string; readonly commit: string }
  | { readonly verdict: 'unknown'; readonly reason: string }

const ASK_MS_MAX = 30_000
/** Some ten thousand releases. */
const CHARACTERS_MAX = 1_000_000

type Git = (...args: string[]) => Promise<string | undefined>

/** @param root of the clone. @param version that of it. */
export async function lookUpRelease(
  root: string,
  version: string,
  environment: Environment,
): Promise<ReleaseLookup> {
  // Nobody is there to enter a password.
  const quiet = { ...environment, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }
  const git: Git = async (...args) => {
    const run = await runQuietly(['git', '-C', root, ...args], quiet, {
      timeoutMs: ASK_MS_MAX,
      charactersMax: CHARACTERS_MAX,
    })
    return run.exitCode === 0 ? run.stdout.trim() : undefined
  }
  const head = await git('rev-parse', 'HEAD')
  if (head === undefined)
    return unknown(`${root} is no clone of git: compare it with where it is from`)
  const upstream = await git('rev-parse', '--abbrev-ref', '--symbolic-full-name', '@{upstream}')
  const [, remote = 'origin', branch = ''] = /^([^/]+)\/(.+)$/.exec(upstream ?? '') ?? []
  // Detached is who took up a release: that follows no branch.
  const isDetached = (await git('symbolic-ref', '--quiet', 'HEAD')) === undefined
  const wanted = [...(branch === '' ? [] : [`refs/heads/${branch}`]), 'refs/tags/*']
  const told = await git('ls-remote', '--refs', remote, ...wanted)
  if (told === undefined)
    return unknown(`git cannot ask ${remote}: git -C ${root} ls-remote ${remote}`)
  const refs = parseRefs(told)
  const newest = newestRelease([...refs.keys()], version)
  if (newest !== undefined) return { verdict: 'newer', release: newest }
  const commit = refs.get(`refs/heads/${branch}`)
  if (commit === undefined && isDetached) return { verdict: 'current' }
  if (commit === undefined)
    return unknown(`the branch here follows none that is there: git -C ${root} branch -vv`)
  if (commit === head) return { verdict: 'current' }
  // What lies here and was never pushed is no news.
  const isKnown = (await git('merge-base', '--is-ancestor', commit, head)) !== undefined
  return isKnown
    ? { verdict: 'current' }
    : { verdict: 'moved', branch: `${remote}/${branch}`, commit }
}

function unknown(reason: string): ReleaseLookup {
  return { verdict: 'unknown', reason }
}

/** What `git ls-remote` prints: commits by the names of refs. */
function parseRefs(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => line.split('\t'))
  return new Map(lines.map(([commit = '', ref = '']) => [ref, commit]))
}

/** Of `refs/tags/v1.2.3`; what is no plain release (`v2.0.0-rc.1`) does not count. */
export function newestRelease(refs: readonly string[], version: string): string | undefined {
  const releases = refs.flatMap((ref) => /^refs\/tags\/(v?\d+\.\d+\.\d+)$/.exec(ref)?.[1] ?? [])
  const newest = releases.reduce((best, one) => (isNewer(one, best) ? one : best), version)
  return newest === version ? undefined : newest
}
