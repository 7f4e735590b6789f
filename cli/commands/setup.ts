/** `gateway setup`: asks at most four things, checks the answers, and writes `.env`. */

import { Command, Option } from 'commander'
import type { CommandMaker } from '../context.ts'
import { PROVIDER_CHOICES } from '../setup/answers.ts'
import { becomeOwnerOf } from '../setup/become-owner.ts'
import type { SetupOptions } from '../setup/given.ts'
import { nextCommands, resultLines } from '../setup/next-lines.ts'
import { runSetup } from '../setup/run-setup.ts'
import { readSecretOfVolume } from '../setup/secret-of-volume.ts'

const NOTES = `
What is not given is asked; with --yes nobody is asked. Answers also come from .env and the environment:
BASE_DOMAIN, ACME_EMAIL, GITHUB_CLIENT_ID, OIDC_ISSUER, OIDC_CLIENT_ID, ALLOWED_GITHUB_USERS, ALLOWED_USERS.
The client secret never is an argument: GITHUB_CLIENT_SECRET or OIDC_CLIENT_SECRET, a file that NAME_FILE
names, or --secret-stdin. docs/setup.md says more.

  $ gateway setup --yes                  a trial on this machine, with certificates of its own
  $ gateway setup --yes --domain example.com --email you@example.com \\
      --provider github --client-id Iv1.0123 --allow octocat,hubot --secret-stdin < secret
`

export const setupCommand: CommandMaker = (context) =>
  new Command('setup')
    .description('Ask where, for whom and how people log in; check it; write .env.')
    .option('--domain <name>', 'domain under which others reach it; "" for a trial on this machine')
    .option('--email <address>', 'for certificates')
    .addOption(new Option('--provider <kind>', 'how people log in').choices(PROVIDER_CHOICES))
    .option('--issuer <url>', 'of an OpenID provider')
    .option('--provider-name <name>', 'first part of its people’s ids; default: by the issuer')
    .option('--client-id <id>', 'under which the provider knows this gateway')
    .option('--secret-stdin', 'read the client secret from standard input')
    .option('--allow <list>', 'who may in, by comma')
    .option('--port <number>', 'where the gateway listens; default: 443 with a domain, else 8642')
    .option('--plain', 'a trial over plain http')
    .option('--no-plain', 'a trial over https, though the last one was plain')
    .option('--no-check', 'do not look at names, ports and the provider')
    .option('-y, --yes', 'ask nothing')
    .addHelpText('after', NOTES)
    // Of compose.yaml: where its containers keep a root secret that they have made.
    .addOption(new Option('--secret-volume <folder>').hideHelp())
    .action(async ({ secretVolume, ...options }: SetupOptions & { secretVolume?: string }) => {
      const ofVolume = secretVolume === undefined ? undefined : readSecretOfVolume(secretVolume)
      // Before anything else is read: files are the owner's.
      becomeOwnerOf(process.cwd())
      const result = await runSetup(context(), options, ofVolume)
      const { path, changed } = result
      context().output.result({ path, changed, next: nextCommands(result) }, () =>
        resultLines(result),
      )
    })
