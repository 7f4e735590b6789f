/** Ends many things, a bounded number with each question; shows progress to a person. */

import type { Ended } from '../../lib/oauth/administration.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { confirm } from '../confirm.ts'
import type { Context } from '../context.ts'
import type { Administration } from './administration.ts'
import { cell, count } from './cells.ts'

const AT_ONCE = 200

export interface EndOptions {
  readonly yes?: true
  readonly dryRun?: true
}

/** Nothing said must not mean everything, and names and a description not half of each. @throws CliError (usage). */
export function requireSelection(
  given: readonly string[],
  isDescribed: boolean,
  { words, nextStep }: { readonly words: string; readonly nextStep: string },
): void {
  if (given.length > 0 !== isDescribed) return
  throw new CliError(words, { exitCode: EXIT_CODE.usage, nextStep })
}

export interface Ending {
  /** Of the question, e.g. `clients/delete`. */
  readonly name: string
  readonly ids: readonly string[]
  /** What else the question says. */
  readonly input?: Readonly<Record<string, unknown>>
  /** Whether a person named each of them: others may have gone, or be wanted, by the time they are to end. */
  readonly areNamed: boolean
  /** Those of `ids` that are there; without it all of them are. */
  readonly look?: () => Promise<readonly string[]>
  /** What they are, and what is done to them. */
  readonly noun: string
  readonly verb: string
  readonly done: string
}

/** Asks first; what was not there is told, and is a failure where it was named. */
export async function endEach(
  context: Context,
  administration: Administration,
  ending: Ending,
  { yes, dryRun }: EndOptions,
): Promise<void> {
  if (dryRun === true) return await tellDryRun(context, ending)
  const { name, ids, input, areNamed, noun, verb, done } = ending
  const { output } = context
  if (ids.length > 0) await confirm(context, yes, `${capital(verb)} ${count(ids.length, noun)}?`)
  const { ended, missing } = await endInParts(administration, name, ids, input, (asked) => {
    if (ids.length > AT_ONCE) output.note(`${asked} of ${ids.length} …`)
  })
  output.result({ ended, missing }, () => [`${count(ended.length, noun)} ${done}.`])
  if (areNamed) requireNone(missing, name)
  else if (missing.length > 0) {
    output.note(`${count(missing.length, noun)} went by themselves, or came into use meanwhile.`)
  }
}

async function tellDryRun(
  { output }: Context,
  { name, ids: asked, look, noun, verb }: Ending,
): Promise<void> {
  const there = new Set(await look?.())
  const isThere = (id: string): boolean => look === undefined || there.has(id)
  const ids = asked.filter(isThere)
  const lines = [`Would ${verb} ${count(ids.length, noun)}.`, ...ids.map(cell)]
  output.result({ dry_run: true, ids }, () => lines)
  requireNone(
    asked.filter((id) => !isThere(id)),
    name,
  )
}

/** @param missing of what a person named. */
function requireNone(missing: readonly string[], name: string): void {
  if (missing.length === 0) return
  throw new CliError(`Not there: ${missing.map(cell).join(', ')}.`, {
    nextStep: `gateway ${name.replace(/\/.*/, '')} list`,
  })
}

/** Asks nobody. @param onPart is told after each question how many were asked about so far. */
export async function endInParts(
  administration: Administration,
  name: string,
  ids: readonly string[],
  input: Ending['input'],
  onPart?: (asked: number) => void,
): Promise<Ended> {
  const ended: string[] = []
  const missing: string[] = []
  for (let first = 0; first < ids.length; first += AT_ONCE) {
    const part = ids.slice(first, first + AT_ONCE)
    const told = await administration.ask<Ended>(name, { ...input, ids: part })
    ended.push(...told.ended)
    missing.push(...told.missing)
    onPart?.(first + part.length)
  }
  return { ended, missing }
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
