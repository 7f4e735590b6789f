/** What all answers amount to. */

import type { Answer } from './answer.ts'
import { type Exception, judge, uselessExceptions } from './exceptions.ts'

export interface Conclusion {
  readonly lines: readonly string[]
  /** 0 clean, 1 a fault, 2 somebody did not answer and what did is clean. */
  readonly exitCode: 0 | 1 | 2
}

export function conclude(
  answers: readonly Answer[],
  exceptions: readonly Exception[],
  today: string,
): Conclusion {
  const faults = answers.flatMap((answer) => (answer.outcome === 'answered' ? answer.faults : []))
  const { open } = judge(faults, exceptions, today)
  const silent = answers.filter(({ outcome }) => outcome === 'not answered').length
  // What does not answer may know what an exception is for.
  const useless = silent === 0 ? uselessExceptions(exceptions, faults, today) : []
  const lines = [
    ...answers.flatMap((answer) => describe(answer, exceptions, today)),
    ...useless.map(({ id, until }) => `exception ${id} (until ${until}) is over, or of nothing`),
    `${open.length} known faults, ${faults.length - open.length} excepted; ${silent} of ${answers.length} files not answered`,
  ]
  return { lines, exitCode: open.length > 0 ? 1 : silent > 0 ? 2 : 0 }
}

function describe(answer: Answer, exceptions: readonly Exception[], today: string): string[] {
  if (answer.outcome === 'not answered') return [`? ${answer.file}: not answered: ${answer.reason}`]
  const { open, excepted } = judge(answer.faults, exceptions, today)
  const sign = open.length > 0 ? '✘' : '✔'
  const told = [...open, ...excepted].map((fault) => {
    const note = excepted.includes(fault) ? ' (excepted)' : ''
    return `    ${fault.package}: ${fault.id}${note}: ${fault.title}`
  })
  return [
    `${sign} ${answer.file}: ${answer.packages} packages, ${open.length} known faults`,
    ...told,
  ]
}
