/** The authorization server as an operator asks it: one question after the other, over whatever leads there. */

import type { Duplex } from 'node:stream'
import type { AdminAnswer, AdminRefusal, Page } from '../../lib/oauth/administration.ts'
import { readJsonLines, toJsonLine } from '../../lib/platform/json-lines.ts'
import { CliError } from '../cli-error.ts'

export interface Administration {
  /** @throws CliError with the words of a refusal. */
  ask<Body>(name: string, input: object): Promise<Body>
}

const ANSWER_CHARACTERS_MAX = 64_000_000

/** @param operator the account of whoever asks, for the audit log. */
export function createAdministration(lines: Duplex, operator: string): Administration {
  // Who is cut off while a person is asked learns it from the next answer.
  lines.on('error', () => {})
  const answers = readJsonLines(lines, ANSWER_CHARACTERS_MAX)
  const nextAnswer = async (): Promise<AdminAnswer> => {
    try {
      const { value, done } = await answers.next()
      if (done !== true) return value as AdminAnswer
    } catch (cause) {
      throw silent(cause)
    }
    throw silent()
  }
  return {
    async ask<Body>(name: string, input: object) {
      lines.write(toJsonLine({ name, operator, input }))
      const { status, body } = await nextAnswer()
      if (status === 200) return body as Body
      throw new CliError(toSentence((body as AdminRefusal).error_description))
    },
  }
}

/** Every entry of a list, each once, page after page. @param keyOf what tells two entries apart. */
export async function listAll<Entry>(
  { ask }: Administration,
  name: string,
  scope: Readonly<Record<string, string | undefined>>,
  keyOf: (entry: Entry) => string,
): Promise<Entry[]> {
  const found = new Map<string, Entry>()
  let from: string | undefined
  do {
    const { entries, next } = await ask<Page<Entry>>(name, { ...scope, from })
    for (const entry of entries) found.set(keyOf(entry), entry)
    from = next
  } while (from !== undefined)
  return [...found.values()]
}

export function silent(cause?: unknown): CliError {
  return new CliError('The authorization server does not answer.', {
    nextStep: 'gateway status, then gateway logs oauth-server',
    cause,
  })
}

function toSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
