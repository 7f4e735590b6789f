/** Why something could not be fetched: a word for the log, a sentence for whoever waits for it. */

/** Nothing of what a server answered stands in a sentence. */
const SENTENCES = {
  url: 'Its address is not one that may be asked.',
  busy: 'Too much is being fetched at the moment.',
  unresolved: 'Its host name was not found.',
  address: 'Its host is not on the public internet.',
  port: 'Its port is not one that web servers use.',
  connection: 'No secure connection to its server could be made.',
  deadline: 'Its server did not answer in time.',
  redirect: 'Its server answered with a redirect, which is not followed.',
  status: 'Its server did not answer with status 200.',
  encoding: 'Its server sent it compressed, though it was asked not to.',
  type: 'Its server did not send it as JSON.',
  size: 'It is too large.',
  text: 'It is not valid UTF-8.',
} as const

export type OutboundFault = keyof typeof SENTENCES

export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  readonly fault: OutboundFault

  constructor(fault: OutboundFault, cause?: unknown) {
    super(SENTENCES[fault], { cause })
    this.fault = fault
  }
}

/** For the log: what exactly went wrong, as far as it is known. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof OutboundError)) return String(error)
  return error.cause === undefined ? error.fault : `${error.fault}: ${String(error.cause)}`
}
