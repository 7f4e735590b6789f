/** What to know of services that drive a browser here. */

import type { Services } from '../../lib/catalogue/catalogue.ts'
import { launchTexts } from '../../lib/catalogue/launch-texts.ts'
import { lackOfSandbox } from '../../lib/platform/browser-sandbox.ts'

/** As the guard fills it in. */
const SANDBOX = '{sandbox}'

/** This machine does not change while we run. */
let lack: { readonly why: string | undefined } | undefined

/** In sentences; nothing where no service drives a browser, or where it has its sandbox. */
export function browserCautions(services: Services): string[] {
  const driving = [...services.values()]
    .filter((service) => launchTexts(service).some((text) => text.includes(SANDBOX)))
    .map(({ name }) => name)
  if (driving.length === 0) return []
  lack ??= { why: lackOfSandbox() }
  if (lack.why === undefined) return []
  return [
    `The browser of ${driving.join(', ')} runs without its own sandbox: ${lack.why}. A page that breaks out of it has this account.`,
  ]
}
