/** Asks for one line each, where input is piped: a wrong answer ends it, since nobody is there to correct it. */

import { createInterface } from 'node:readline'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Output, Stdin } from '../output.ts'
import type { Asker, Question } from './asker.ts'

const NEXT_STEP =
  'run it in a terminal, or give every answer as an option and --yes (gateway setup --help)'

export function createLineAsker(input: Stdin, output: Output): Asker {
  const reader = createInterface({ input, terminal: false })
  const lines = reader[Symbol.asyncIterator]()
  const nextLine = async (message: string): Promise<string> => {
    output.note(message)
    const line = await lines.next()
    if (line.done !== true) return line.value
    throw new CliError(`Input ended before the question: ${message}`, {
      exitCode: EXIT_CODE.usage,
      nextStep: NEXT_STEP,
    })
  }
  async function ask<T>({ message, initial = '', read }: Question<T>): Promise<T> {
    const typed = await nextLine(message)
    const reading = read(typed === '' ? initial : typed)
    if ('value' in reading) return reading.value
    throw new CliError(`${message} ${reading.fault}.`, { exitCode: EXIT_CODE.usage })
  }
  return {
    isPatient: false,
    ask,
    askSecret: ask,
    choose: ({ message, options, initial }) =>
      ask({
        message: `${message} (${options.map(({ value }) => value).join(', ')})`,
        initial,
        read: (typed) => {
          const value = options.find((option) => option.value === typed.trim())?.value
          return value === undefined ? { fault: `there is no "${typed}"` } : { value }
        },
      }),
    tell: (texts) => {
      for (const text of texts) output.note(text)
    },
    close: () => reader.close(),
  }
}
