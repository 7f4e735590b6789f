/** What takes long while the gateway runs: told in its log. */

import type { Clock } from '../../lib/platform/clock.ts'
import type { Progress } from '../embedded/progress.ts'
import type { LogRecord } from '../log/log-record.ts'

export function createLoggedProgress(
  onRecord: (record: LogRecord) => void,
  clock: Clock,
): Progress {
  const note: Progress['note'] = (msg, level = 'info') =>
    onRecord({
      time: new Date(clock()).toISOString(),
      name: 'gateway',
      level,
      msg,
      fields: {},
    })
  return {
    note,
    begin(what) {
      const began = clock()
      note(what)
      return { end: () => note(`${what}: ${Math.round((clock() - began) / 1000)} s`) }
    },
  }
}
