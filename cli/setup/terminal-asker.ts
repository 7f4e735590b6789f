/** Asks in a terminal: wrong answers are told at once, secrets are not shown, Ctrl-C leaves. */

import { styleText } from 'node:util'
import { log, password, select, text } from '@clack/prompts'
import { CliError } from '../cli-error.ts'
import type { Output, Stdin } from '../output.ts'
import type { Reading } from './answers.ts'
import type { Asker, Question } from './asker.ts'

/** Prompts go to stderr: stdout holds the result alone. */
export function createTerminalAsker(input: Stdin, { stderr: output }: Output): Asker {
  const common = { input, output }
  return {
    isPatient: true,
    async ask(question) {
      const { initial = '' } = question
      const answer = await text({
        ...common,
        message: toMessage(question),
        ...(initial !== '' && { placeholder: initial, defaultValue: initial }),
        validate: (typed = '') => faultOf(question.read(typed === '' ? initial : typed)),
      })
      return requireValue(question.read(unlessLeft(answer)))
    },
    async askSecret(question) {
      const answer = await password({
        ...common,
        message: toMessage(question),
        validate: (typed = '') => faultOf(question.read(typed)),
      })
      return requireValue(question.read(unlessLeft(answer)))
    },
    async choose({ message, options, initial }) {
      const answer = await select<string>({
        ...common,
        message,
        options: [...options],
        initialValue: initial,
      })
      const chosen = unlessLeft(answer)
      return options.find(({ value }) => value === chosen)?.value ?? initial
    },
    tell: (lines) => log.message([...lines], { output, symbol: '' }),
    close() {},
  }
}

function toMessage({ message, hint }: Question<unknown>): string {
  return hint === undefined ? message : `${message}\n${styleText('gray', `│  ${hint}`)}`
}

function faultOf(reading: Reading<unknown>): string | undefined {
  return 'fault' in reading ? reading.fault : undefined
}

function requireValue<T>(reading: Reading<T>): T {
  if ('value' in reading) return reading.value
  throw new CliError(reading.fault)
}

function unlessLeft(answer: string | symbol): string {
  if (typeof answer === 'string') return answer
  throw new CliError('Left: nothing was written.')
}
