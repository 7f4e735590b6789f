/** The fields of one request: what an answer depends on, and whether RFC 9113 allows them. */

import { type Field, KIND, type Kind } from './hpack/field.ts'
import { FIELD_LIST_BYTES_MAX } from './limits.ts'

export interface RequestHead {
  readonly method: string
  readonly path: string
  readonly contentType: string
  /** Empty where the request has none. */
  readonly traceparent: string
  /** -1 where the request says none. */
  readonly contentLength: number
  /** Larger than announced. */
  readonly isTooLarge: boolean
}

const LENGTH = /^[0-9]{1,15}$/
const NO_LENGTH = -1
const REQUIRED = bit(KIND.method) | bit(KIND.path) | bit(KIND.scheme)

/** Used for one block after the other. */
export class HeadReader {
  #seen = 0
  #isMalformed = false
  #hasRegular = false
  #bytes = 0
  #method = ''
  #path = ''
  #contentType = ''
  #traceparent = ''
  #contentLength = NO_LENGTH

  begin(): void {
    this.#seen = 0
    this.#isMalformed = false
    this.#hasRegular = false
    this.#bytes = 0
    this.#method = ''
    this.#path = ''
    this.#contentType = ''
    this.#traceparent = ''
    this.#contentLength = NO_LENGTH
  }

  readonly add = (field: Field): void => {
    this.#bytes += field.bytes
    switch (field.kind) {
      case KIND.method:
        this.#method = field.value
        this.#pseudo(field.kind)
        break
      case KIND.path:
        this.#path = field.value
        this.#pseudo(field.kind)
        break
      case KIND.scheme:
      case KIND.authority:
        this.#pseudo(field.kind)
        break
      case KIND.malformed:
        this.#isMalformed = true
        break
      default:
        this.#regular(field)
    }
  }

  /** Of a new request; undefined when it is malformed. */
  head(): RequestHead | undefined {
    const isWhole = (this.#seen & REQUIRED) === REQUIRED && this.#path !== ''
    if (this.#isMalformed || !isWhole) return undefined
    return {
      method: this.#method,
      path: this.#path,
      contentType: this.#contentType,
      traceparent: this.#traceparent,
      contentLength: this.#contentLength,
      isTooLarge: this.#bytes > FIELD_LIST_BYTES_MAX,
    }
  }

  /** At the end of a request there may be fields, of which none matters to gRPC. */
  get areTrailers(): boolean {
    return !this.#isMalformed && this.#seen === 0
  }

  #pseudo(kind: Kind): void {
    if (this.#hasRegular || (this.#seen & bit(kind)) !== 0) this.#isMalformed = true
    this.#seen |= bit(kind)
  }

  #regular(field: Field): void {
    this.#hasRegular = true
    if (field.kind === KIND.contentType) this.#contentType = field.value
    if (field.kind === KIND.traceparent) this.#traceparent = field.value
    if (field.kind === KIND.contentLength) this.#length(field.value)
  }

  #length(value: string): void {
    const isAgain = this.#contentLength !== NO_LENGTH && this.#contentLength !== Number(value)
    if (isAgain || !LENGTH.test(value)) this.#isMalformed = true
    else this.#contentLength = Number(value)
  }
}

function bit(kind: Kind): number {
  return 1 << kind
}
