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
  if (ids.length > 0)
    await confirm(context, yes, `${capital(verb)} ${count(ids.length, noun)}?`, '--dry-run')
  const told = await endInParts(administration, name, { ...input, ids }, (asked) => {
    if (ids.length > AT_ONCE) output.note(`${asked} of ${ids.length} …`)
  })
  const { stopped, ...outcomes } = told
  const { ended, missing } = outcomes
  output.result(outcomes, () => [`${count(ended.length, noun)} ${done}.`])
  requireAllTried(told)
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

/** What came of each. Where it stopped before all were tried, what has ended by then stays so. */
export interface Outcomes extends Pick<Ended, 'ended' | 'missing' | 'not_tried'> {
  /** They may have ended, or not. */
  readonly unsure: readonly string[]
  /** Why it stopped; undefined: it did not. */
  readonly stopped: string | undefined
}

/** @throws CliError for those of which it is not known, or which were not tried. */
export function requireAllTried({ stopped, unsure, not_tried }: Outcomes): void {
  if (stopped === undefined) return
  const reason = stopped.replace(/\.$/, '')
  const perhaps = `It may have been done, or not: ${unsure.map(cell).join(', ')}.`
  const others = not_tried.length === 0 ? '' : ` Not tried: ${not_tried.map(cell).join(', ')}.`
  throw new CliError(`It broke off before all were tried: ${reason}. ${perhaps}${others}`, {
    nextStep: 'the same again: what is done already is told as not there',
  })
}

interface Asked {
  readonly ids: readonly string[]
  readonly [member: string]: unknown
}

/** Asks nobody. @param onPart is told after each question how many were asked about so far. */
export async function endInParts(
  administration: Administration,
  name: string,
  { ids, ...input }: Asked,
  onPart?: (asked: number) => void,
): Promise<Outcomes> {
  const ended: string[] = []
  const missing: string[] = []
  for (let first = 0; first < ids.length; first += AT_ONCE) {
    const part = ids.slice(first, first + AT_ONCE)
    const after = ids.slice(first + AT_ONCE)
    const told = await askPart(administration, name, { ...input, ids: part }, first === 0)
    if (typeof told === 'string') {
      return { ended, missing, unsure: part, not_tried: after, stopped: told }
    }
    ended.push(...told.ended)
    missing.push(...told.missing)
    const { failed, not_tried } = told
    if (failed !== null) {
      const { id, error_description: stopped } = failed
      return { ended, missing, unsure: [id], not_tried: [...not_tried, ...after], stopped }
    }
    onPart?.(first + part.length)
  }
  return { ended, missing, unsure: [], not_tried: [], stopped: undefined }
}

/** Why there is no answer, where something has ended before. @throws CliError where it is the first question. */
async function askPart(
  administration: Administration,
  name: string,
  asked: Asked,
  isFirst: boolean,
): Promise<Ended | string> {
  try {
    return await administration.ask<Ended>(name, asked)
  } catch (error) {
    if (isFirst || !(error instanceof CliError)) throw error
    return error.message
  }
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
