/** A backup of this side, put in the place of what a gateway in containers has. */

import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { BACKUPS } from '../compose/places.ts'
import { requireFaultless } from '../configuration/require-faultless.ts'
import type { Context } from '../context.ts'
import { runCompose } from '../docker/run-compose.ts'
import { untilReady } from '../docker/until-ready.ts'
import { createProgress } from '../embedded/progress.ts'
import { readHeading } from './about.ts'
import { type Containers, runInProject, shellInProject } from './containers.ts'
import { chooseOpening, type KeyOptions } from './locks.ts'

const found = z.looseObject({ made_at: z.string(), issuer: z.string(), records: z.int() })
/** What a dry run finds. */
export type Found = z.infer<typeof found>

const toldRestore = z.object({
  made_at: z.string(),
  records: z.int(),
  expired: z.int(),
  remaining: z.array(z.string()).readonly(),
  services: z.array(z.string()).readonly(),
})
/** What a restore tells. */
export type ToldRestore = z.infer<typeof toldRestore>

/** And whether everything is well afterwards. */
export type Served = ToldRestore & { readonly serving: boolean }

export interface Incoming {
  /** @throws CliError for what does not open, is damaged, or does not fit. */
  examine(): Promise<Found>
  /** Stops everything but the store, and starts it again, whatever comes of it. @throws CliError */
  putInPlace(containers: Containers, replace: boolean): Promise<Served>
  remove(): Promise<void>
}

/** Lays it beside the backups of the project: nobody there sees the files of this side. @throws CliError */
export async function bringIn(
  context: Context,
  file: string,
  options: KeyOptions,
): Promise<Incoming> {
  const path = resolve(context.workingDirectory, file)
  const { about } = await readHeading(path)
  const opening = await chooseOpening(context, about, options)
  const name = `${BACKUPS}/.incoming-${randomUUID()}`
  const remove = (): Promise<void> => shellInProject(context, `rm -f ${name}`)
  const restore = (more: readonly string[]): Promise<unknown> => {
    const key = about.opened_by === 'key' ? '--identity' : '--passphrase-file'
    const stdin = Readable.from([opening])
    return runInProject(context, ['restore', name, key, '-', ...more], { stdin })
  }
  const task = createProgress(context.output, context.clock).begin(`bringing ${path} in`)
  try {
    await shellInProject(context, `umask 077 && cat > ${name}`, createReadStream(path))
  } catch (error) {
    await remove().catch(() => {})
    throw error
  } finally {
    task.end()
  }
  return {
    examine: async () => ({ ...found.parse(await restore(['--dry-run'])), file: path }),
    remove,
    async putInPlace({ compose }, replace) {
      requireFaultless(context)
      // Those of the project alone: others of its name may be left of before.
      const names = (await compose.services()).filter((one) => one !== STORE)
      const told = await whileStopped(context, names, async () =>
        toldRestore.parse(await restore(replace ? ['--replace', '--yes'] : [])),
      )
      // It is done, whoever is not well afterwards.
      const serving = await untilReady(context, compose).then(
        () => true,
        (error: Error) => {
          context.output.note(error.message)
          return false
        },
      )
      return { ...told, file: path, serving }
    },
  }
}

const STORE = 'valkey'

/** Everything is started again, whatever came of it; an interrupt waits for that. @throws what `use` throws */
async function whileStopped<Result>(
  context: Context,
  names: readonly string[],
  use: () => Promise<Result>,
): Promise<Result> {
  const wait = (): void => context.output.note('It goes on: everything has to be started again.')
  for (const signal of SIGNALS) process.on(signal, wait)
  try {
    await runCompose(context, ['stop', ...names])
    return await use()
  } finally {
    // The store too: what opens it may be another password now.
    await runCompose(context, ['stop']).catch(() => {})
    await runCompose(context, ['up', '--detach', '--no-build']).catch((error: Error) =>
      context.output.note(`${error.message} What was to be restored is settled all the same.`),
    )
    for (const signal of SIGNALS) process.off(signal, wait)
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
