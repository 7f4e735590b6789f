/** With which gRPC status a call ends. */

export const STATUS = {
  ok: 0,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
} as const

export type Status = (typeof STATUS)[keyof typeof STATUS]

/** Ends the call with a status. The message goes to the caller: ASCII without `%`, and short. */
export class CallFault extends Error {
  override readonly name = 'CallFault'
  readonly status: Status

  constructor(status: Status, message: string) {
    super(message)
    this.status = status
  }
}
