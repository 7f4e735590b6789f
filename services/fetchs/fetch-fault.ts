/** Why a page could not be fetched, in a sentence for the model and the person who asked. */

import { OutboundError } from '../../lib/platform/outbound/outbound-error.ts'

export class FetchFault extends Error {
  override readonly name = 'FetchFault'
}

/** @param host as asked for: the network's own errors do not name it. */
export function toFetchFault(error: unknown, host: string): FetchFault {
  if (error instanceof FetchFault) return error
  if (error instanceof OutboundError) {
    return new FetchFault(`${host} was not reached. ${error.message}`, { cause: error })
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return new FetchFault(`${host} broke off the conversation${code ? ` (${code})` : ''}.`, {
    cause: error,
  })
}
