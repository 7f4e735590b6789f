/** `gateway upgrade --check`: whether there is a newer release, and what going there would mean. */

import { Command } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { type CommandMaker, type Context, stateDirectoryOf } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import { type FoundGateway, findRunning } from '../instance/find-running.ts'
import { findMissing } from '../prepare.mjs'
import { lookUpRelease, type ReleaseLookup } from '../release/newer-release.ts'
import { ownVersion, PROJECT } from '../release/own-version.ts'
import { readStoreFormat, STORE_FORMAT } from '../release/store-format.ts'

const NOTES = `
It changes nothing. git asks where this clone comes from for later releases, and for other commits of its branch. What a
release pins (Envoy, Valkey, services) comes with it: gateway outdated looks at each.

Exit codes: 0; with --fail 1 when something is newer, or when it could not be asked.
`

interface UpgradeOptions {
  readonly check?: true
  readonly fail?: true
}

export const upgradeCommand: CommandMaker = (context) =>
  new Command('upgrade')
    .description('Say whether there is a newer release, and what an upgrade would do.')
    .option('--check', 'only look: what it does today')
    .option('--fail', 'exit with 1 when there is one, or when it could not be asked')
    .addHelpText('after', NOTES)
    .action(({ check, fail }: UpgradeOptions) => {
      if (check) return upgrade(context(), fail === true)
      throw new CliError('An upgrade is made by git and gateway rebuild.', {
        exitCode: EXIT_CODE.usage,
        nextStep: 'gateway upgrade --check tells which commands',
      })
    })

interface Checked {
  /** On the disk. */
  readonly version: string
  /** Of what runs; null where that is not known. */
  readonly running: string | null
  readonly release: ReleaseLookup
  /** What keeps the code on the disk from being what runs. */
  readonly pending: readonly string[]
  readonly store: { readonly written: number | null; readonly known: number }
  readonly steps: readonly string[]
}

async function upgrade(context: Context, fail: boolean): Promise<void> {
  const { environment, output, clock } = context
  const version = ownVersion()
  const task = createProgress(output, clock).begin('asking where this clone comes from')
  const release = await lookUpRelease(PROJECT, version, environment).finally(() => task.end())
  const found = await findRunning(context)
  const running = runningVersion(found)
  const pending = pendingOf(version, running)
  const checked: Checked = {
    version,
    running,
    release,
    pending,
    store: { written: readStoreFormat(stateDirectoryOf(context)) ?? null, known: STORE_FORMAT },
    steps: stepsFor(release, pending),
  }
  output.result(checked, () => render(checked, found))
  if (fail && release.verdict !== 'current') throw new CliError('Not the newest, or not known.')
}

function runningVersion(found: FoundGateway | undefined): string | null {
  return found?.kind === 'embedded' ? (found.running.status.versions['gateway'] ?? null) : null
}

function pendingOf(version: string, running: string | null): string[] {
  const missing = findMissing(PROJECT, { development: false })
  return [
    ...(running === null || running === version ? [] : [`${running} runs, ${version} lies here`]),
    ...(missing === undefined ? [] : [`packages are not what this release wants: ${missing}`]),
  ]
}

function stepsFor(release: ReleaseLookup, pending: readonly string[]): string[] {
  const pull = {
    newer:
      release.verdict === 'newer' ? ['git fetch --tags', `git checkout ${release.release}`] : [],
    moved: ['git pull --ff-only'],
    current: [],
    unknown: [],
  }[release.verdict]
  return pull.length + pending.length === 0 ? [] : [...pull, 'gateway rebuild']
}

function render(
  { version, release, pending, store, steps }: Checked,
  found?: FoundGateway,
): string[] {
  return [
    `${version} is here: ${describe(release)}`,
    ...pending,
    store.written === null
      ? `Records: this release writes format ${store.known}.`
      : `Records: format ${store.written} lies in the store, this release reads up to ${store.known}. One that cannot read them says so at its start, before it touches them.`,
    ...(steps.length === 0 ? [] : ['What to type:', ...steps.map((step) => `  ${step}`)]),
    ...(steps.length === 0 ? [] : [consequence(found)]),
    'What is pinned (Envoy, Valkey, services): gateway outdated',
  ]
}

function describe(release: ReleaseLookup): string {
  switch (release.verdict) {
    case 'current':
      return 'nothing newer where it comes from'
    case 'newer':
      return `${release.release} is newer`
    case 'moved':
      return `${release.branch} has other commits (${release.commit.slice(0, 12)})`
    case 'unknown':
      return `whether there is a newer one is not known: ${release.reason}`
  }
}

function consequence(found: FoundGateway | undefined): string {
  if (found === undefined) return 'Nothing runs: it counts from the next start.'
  return found.kind === 'embedded'
    ? 'That installs what is missing and restarts what runs, in its terminal; nobody has to log in again.'
    : 'That builds the images and replaces the containers; volumes stay, and nobody has to log in again.'
}
