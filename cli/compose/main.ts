/**
 * Beside the rooms of `compose.yaml`: `prepare`, once and before them, hands out what each may know; `follow`,
 * as long as they run, hands on what changes of `gateway.yaml`. The working directory is the operator's folder.
 */

import { systemClock } from '../../lib/platform/clock.ts'
import { runRoom } from '../../lib/platform/lifecycle.ts'
import { createLog } from '../../lib/platform/log.ts'
import { EXIT_CODE } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { createOutput, reportFailure } from '../output.ts'
import { followInContainer } from './follow-configuration.ts'
import { ROOMS } from './places.ts'
import { prepareRooms } from './prepare-rooms.ts'

const output = createOutput(process, { json: false, colour: false })
const context: Context = {
  environment: process.env,
  workingDirectory: process.cwd(),
  stdin: process.stdin,
  output,
  clock: systemClock,
  rooms: ROOMS,
}

async function prepare(): Promise<number> {
  try {
    const { gateway } = await prepareRooms(context)
    for (const note of gateway.notes) output.note(note)
    output.note(`The rooms may start: ${gateway.addresses.issuer}`)
    return EXIT_CODE.ok
  } catch (error) {
    return reportFailure(error, output)
  }
}

if (process.argv[2] === 'follow') {
  const log = createLog('configuration', 'info')
  await runRoom(log, async () => followInContainer(context, log))
} else {
  process.exitCode = await prepare()
}
