/**
 * What a program was given as a secret stays out of the log, when it prints it: many show their whole environment
 * when they cannot begin.
 *
 * Hidden are each value, its lines, and both as JSON writes them; not what the program has made of them otherwise.
 */

/** Shorter texts would be found everywhere. */
const SECRET_BYTES_MIN = 4
/** In the place of each hidden byte, so that a text may be cut anywhere afterwards. */
const HIDDEN = 0
const RUN = /\0+/g
const CENSOR = '[redacted]'

export class SecretsHidden {
  /** So much before a piece may be the beginning of a secret that ends in it. */
  readonly bytesBefore: number
  readonly #forms: readonly Buffer[]

  constructor(secrets: readonly string[]) {
    this.#forms = formsOf(secrets)
    this.bytesBefore = Math.max(1, ...this.#forms.map(({ length }) => length)) - 1
  }

  /** As long as it was; `toShown` makes text of it. */
  hide(piece: Buffer): Buffer {
    if (this.#forms.length === 0) return piece
    const hidden = Buffer.from(piece)
    for (const form of this.#forms) hideForm(form, piece, hidden)
    return hidden
  }

  /** What was hidden, or is a part of that. */
  toShown(hidden: Buffer): string {
    const text = hidden.toString('utf8')
    return this.#forms.length === 0 ? text : text.replaceAll(RUN, CENSOR)
  }
}

/** The beginning of one line. */
export function showBeginning(
  line: Buffer,
  bytesMax: number,
  secrets: readonly string[] = [],
): string {
  const hiding = new SecretsHidden(secrets)
  return hiding.toShown(hiding.hide(line.subarray(0, bytesMax)))
}

function formsOf(secrets: readonly string[]): Buffer[] {
  const texts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
  const forms = new Set(texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]))
  return [...forms]
    .map((form) => Buffer.from(form))
    .filter((form) => form.length >= SECRET_BYTES_MIN)
}

function hideForm(form: Buffer, piece: Buffer, hidden: Buffer): void {
  for (let at = piece.indexOf(form); at !== -1; at = piece.indexOf(form, at + 1)) {
    hidden.fill(HIDDEN, at, at + form.length)
  }
  // The rest of it may follow.
  const begin = form.subarray(0, SECRET_BYTES_MIN)
  const first = Math.max(0, piece.length - form.length + 1)
  for (let at = piece.indexOf(begin, first); at !== -1; at = piece.indexOf(begin, at + 1)) {
    if (!form.subarray(0, piece.length - at).equals(piece.subarray(at))) continue
    hidden.fill(HIDDEN, at)
    return
  }
}
