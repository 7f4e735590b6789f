/** `gateway start`: everything in the foreground, until told to stop. */

import { Command } from 'commander'
import type { CommandMaker } from '../context.ts'
import { startGateway } from '../start/start-gateway.ts'

export const startCommand: CommandMaker = (context) =>
  new Command('start')
    .description('Start everything in the foreground; Ctrl-C ends it.')
    .action(() => startGateway(context()))
