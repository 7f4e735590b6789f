/** `gateway ssl`: the certificate in full: what the files hold, what is really served, and when it is renewed. */

import { Command } from 'commander'
import {
  type Found,
  readElsewhere,
  readEmbedded,
  readInCompose,
} from '../certificates/read-certificates.ts'
import { renderSsl } from '../certificates/render-ssl.ts'
import { toSslReport } from '../certificates/ssl-report.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { CommandMaker, Context } from '../context.ts'
import { requireRunning } from '../instance/find-running.ts'
import { parseDays } from '../parse-days.ts'
import { composeStatusOf } from '../status/read-compose-status.ts'

const NOTES = `
Examples:
  $ gateway ssl                          the certificate of this gateway
  $ gateway ssl --days 30                fail when it ends within 30 days: for a cron job
  $ gateway ssl https://mcp.example.com  of any server

It shakes hands with Envoy on this machine, under each name that is served, and compares with the files.

Exit codes: 0 good, 1 expired, near its end, not trusted or not the one of the files, 2 wrong usage,
3 no gateway is running.
`

export const sslCommand: CommandMaker = (context) =>
  new Command('ssl')
    .description(
      'Show the certificate: names, issuer, until when, what is really served, its renewal.',
    )
    .argument('[url]', 'address of any server; without one it is this gateway')
    .option('--days <count>', 'what counts as near its end', parseDays, 14)
    .addHelpText('after', NOTES)
    .action(async (url: string | undefined, { days }: { readonly days: number }) => {
      const { output, clock } = context()
      const found = await (url === undefined ? readOwn(context()) : readElsewhere(toUrl(url)))
      const report = toSslReport({ ...found, days, now: clock() })
      output.result(report, () => renderSsl(report))
      if (report.ok) return
      throw new CliError('The certificate needs attention.', {
        nextStep:
          url === undefined
            ? 'docs/certificates.md; gateway logs certs says how asking for a newer one went'
            : `it is for whoever serves ${url} to mend, if that is the address you mean`,
      })
    })

async function readOwn(context: Context): Promise<Found> {
  const found = await requireRunning(context)
  if (found.kind === 'embedded') return await readEmbedded(found.running)
  const { compose, containers } = found
  return await readInCompose(context, compose, await composeStatusOf(context, compose, containers))
}

/** @throws CliError for what has no certificate. */
function toUrl(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`)
  if (url?.protocol === 'https:') return url
  throw new CliError(`${text} is no https address.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: 'a name, a name with a port, or an https URL',
  })
}
