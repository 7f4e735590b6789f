/**
 * Whether another start would be refused: told by the code that lies on the disk by now, which is what would start.
 * Ours may be of before a `git pull`, and refuse what is new in the files.
 */

import { CliError } from '../cli-error.ts'
import { type CheckedConfiguration, REPLACED_PORTS } from '../configuration/check.ts'
import type { Context } from '../context.ts'
import { runQuietly } from '../embedded/run-quietly.ts'

const JUDGE_MS_MAX = 60_000
const CHARACTERS_MAX = 1_000_000

export interface JudgeOptions {
  readonly isTls: boolean
  readonly ownPorts: readonly number[]
  /** Ends the check, which then has nothing good to say. */
  readonly signal?: AbortSignal
}

type Told = Pick<CheckedConfiguration, 'faults'>

/**
 * In the environment of this start, which the shell of whoever asks does not share.
 * @throws CliError with every fault.
 */
export async function judgeAnew(
  { shell, environment, workingDirectory }: Context,
  { isTls, ownPorts, signal }: JudgeOptions,
): Promise<void> {
  const check = ['config', 'check', '--json']
  const given = {
    ...(isTls && { GATEWAY_TLS: 'true' }),
    // Not an option: a release of before, which may lie there by now, would refuse it.
    [REPLACED_PORTS]: ownPorts.join(','),
  }
  const run = await runQuietly(
    [process.execPath, ...process.execArgv, process.argv[1] ?? '', ...check],
    { ...(shell ?? environment), ...given },
    { timeoutMs: JUDGE_MS_MAX, cwd: workingDirectory, charactersMax: CHARACTERS_MAX, signal },
  )
  const { faults } = parse(run.stdout) ?? { faults: [wordsOf(run.stderr)] }
  if (faults.length > 0) throw new CliError(faults.join('\n'))
}

/** Undefined where the check itself broke off. */
function parse(text: string): Told | undefined {
  try {
    return JSON.parse(text) as Told
  } catch {
    return undefined
  }
}

function wordsOf(stderr: string): string {
  return stderr.trim() || `no answer to gateway config check within ${JUDGE_MS_MAX / 1000} s`
}
