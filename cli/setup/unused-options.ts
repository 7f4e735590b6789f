/** Options that mean nothing beside the other answers: who says `--allow` may not get a gateway that lets in everybody. */

import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { Answers } from './answers.ts'
import type { SetupOptions } from './given.ts'

/** @throws CliError with one line for each. */
export function requireAllUsed(options: SetupOptions, { place, provider }: Answers): void {
  const isSite = place.kind === 'domain'
  const hasApp = provider.kind === 'github' || provider.kind === 'oidc'
  const isOidc = provider.kind === 'oidc'
  const [trial, inTrial] = ['goes with a trial, and there is a domain', 'goes with a domain']
  const rows: readonly (readonly [string, boolean, string])[] = [
    ['--plain', options.plain === true && isSite, trial],
    ['--email', options.email !== undefined && !isSite, inTrial],
    ['--issuer', options.issuer !== undefined && !isOidc, 'goes with --provider oidc'],
    ['--provider-name', options.providerName !== undefined && !isOidc, 'goes with --provider oidc'],
    ['--client-id', options.clientId !== undefined && !hasApp, 'goes with github and oidc'],
    ['--secret-stdin', options.secretStdin === true && !hasApp, 'goes with github and oidc'],
    ['--allow', options.allow !== undefined && !hasApp, 'goes with github and oidc'],
  ]
  const unused = rows.filter(([, isUnused]) => isUnused)
  if (unused.length === 0) return
  const lines = unused.map(([flag, , why]) => `${flag} ${why}`)
  throw new CliError(['Nothing was written, since this would not count:', ...lines].join('\n  '), {
    exitCode: EXIT_CODE.usage,
    nextStep: 'leave it out, or answer otherwise: gateway setup --help',
  })
}
