/** What carries gRPC between Envoy and the decision: message bytes in, message bytes out. */

/**
 * One message for one message. Answers at once where it can; a throw or rejection is
 * gRPC INTERNAL, unless it is a `CallFault`.
 * @param traceparent as the caller sent it; empty or absent where it sent none.
 */
export type UnaryMethod = (message: Buffer, traceparent?: string) => Buffer | Promise<Buffer>

/** Each message of a stream has its answers, until the caller ends its side. */
export type StreamingMethod = (message: Buffer) => Buffer | Promise<Buffer>

/** By full name, `/envoy.service.auth.v3.Authorization/Check`. Others are UNIMPLEMENTED. */
export interface GrpcMethods {
  readonly unary: ReadonlyMap<string, UnaryMethod>
  readonly streaming: ReadonlyMap<string, StreamingMethod>
}

export interface GrpcServer {
  /** Listens on a unix socket, 0600, in the place of whatever a killed predecessor left there. */
  listen(path: string): Promise<void>
  /** Takes no new work, finishes what runs, then closes. */
  close(): Promise<void>
}
