/** What a login needs of the terminal that it runs in. */

import type { Context } from '../../context.ts'
import type { Terminal } from '../session/terminal.ts'
import type { LoginHost } from './log-in.ts'

export function loginHost(
  { environment, clock, output }: Context,
  terminal: Pick<Terminal, 'asker'>,
  signal?: AbortSignal,
): LoginHost {
  return {
    environment,
    clock,
    ...(signal !== undefined && { signal }),
    note: output.note,
    askForAddress: () =>
      terminal.asker().ask({
        message: 'The address that the browser shows now:',
        read: (text) => (text.trim() === '' ? { fault: 'it is needed' } : { value: text }),
      }),
  }
}
