/** The person at the command line, for what servers ask: in the terminal, or by lines where input is piped. */

import type { Context } from '../../context.ts'
import type { Asker } from '../../setup/asker.ts'
import { createLineAsker } from '../../setup/line-asker.ts'
import { createTerminalAsker } from '../../setup/terminal-asker.ts'

export interface Terminal {
  asker(): Asker
  /** Lets go of stdin, which would keep the process alive. */
  close(): void
}

export function openTerminal({ stdin, output }: Pick<Context, 'stdin' | 'output'>): Terminal {
  let asker: Asker | undefined
  const isTerminal = stdin.isTTY === true && output.stderr.isTTY === true
  return {
    asker() {
      asker ??= isTerminal ? createTerminalAsker(stdin, output) : createLineAsker(stdin, output)
      return asker
    },
    close: () => asker?.close(),
  }
}
