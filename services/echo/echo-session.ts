/** What the echo service remembers of a session, and which of them are one person's. */

/** Characters; a longer message is remembered up to here, so that sessions stay small. */
const ECHO_CHARACTERS_MAX = 65_536
/** Enough to tell one's own sessions apart, too little to use one. */
const SHORT_ID_CHARACTERS = 8

export interface LastEcho {
  readonly text: string
  readonly isCut: boolean
  /** Epoch milliseconds. */
  readonly at: number
}

export class EchoSession {
  readonly userId: string
  readonly revision: string
  /** In `performance.now()`, which nobody sets. */
  readonly openedAt = performance.now()
  readonly #register: SessionRegister
  readonly #clientName: () => string | undefined
  #id: string | undefined
  #calls = 0
  #usedAt = performance.now()
  #lastEcho: LastEcho | undefined

  /** @param userId of who opened it; empty without a gateway in front. */
  constructor(
    register: SessionRegister,
    userId: string,
    revision: string,
    clientName: () => string | undefined,
  ) {
    this.#register = register
    this.userId = userId
    this.revision = revision
    this.#clientName = clientName
  }

  get shortId(): string {
    return (this.#id ?? '').slice(0, SHORT_ID_CHARACTERS)
  }

  get clientName(): string {
    return this.#clientName() ?? 'a client that does not say its name'
  }

  get calls(): number {
    return this.#calls
  }

  /** In `performance.now()`. */
  get usedAt(): number {
    return this.#usedAt
  }

  get lastEcho(): LastEcho | undefined {
    return this.#lastEcho
  }

  /** From now on it counts among its person's. */
  opened(id: string): void {
    this.#id = id
    this.#register.add(id, this)
  }

  closed(): void {
    if (this.#id !== undefined) this.#register.remove(this.#id)
  }

  used(): void {
    this.#calls += 1
    this.#usedAt = performance.now()
  }

  remember(message: string): void {
    const text = message.slice(0, ECHO_CHARACTERS_MAX)
    this.#lastEcho = { text, isCut: text.length < message.length, at: Date.now() }
  }

  /** The same person's open sessions here, itself included; of nobody known it is the only one. */
  own(): readonly EchoSession[] {
    return this.userId === '' ? [this] : this.#register.of(this.userId)
  }
}

/** The sessions that are open in this process. */
export class SessionRegister {
  readonly #sessions = new Map<string, EchoSession>()

  add(id: string, session: EchoSession): void {
    this.#sessions.set(id, session)
  }

  remove(id: string): void {
    this.#sessions.delete(id)
  }

  of(userId: string): readonly EchoSession[] {
    return [...this.#sessions.values()].filter((session) => session.userId === userId)
  }
}
