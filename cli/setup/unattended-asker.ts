/** Nobody is asked: what is given is the answer, which `faultsOf` has looked at before. */

import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Output } from '../output.ts'
import type { Asker, Question } from './asker.ts'

export function createUnattendedAsker(output: Output): Asker {
  async function answer<T>({ message, initial = '', read }: Question<T>): Promise<T> {
    const reading = read(initial)
    if ('value' in reading) return reading.value
    throw new CliError(`${message}: ${reading.fault}.`, { exitCode: EXIT_CODE.usage })
  }
  return {
    isPatient: false,
    ask: answer,
    askSecret: answer,
    choose: async ({ initial }) => initial,
    tell: (lines) => {
      for (const line of lines) output.note(line)
    },
    close() {},
  }
}
