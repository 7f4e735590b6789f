/** HTML to Markdown, in a thread of its own: a page that takes for ever holds nobody up but whoever asked for it. */

import { Worker } from 'node:worker_threads'
import { FetchFault } from './fetch-fault.ts'
import type { Page, PageText } from './markdown-worker.ts'

const PAGE_MS_MAX = 5000
const MEMORY_MB_MAX = 256
/** The thread costs some 20 MB: it goes when nobody has asked for so long. */
const IDLE_MS = 60_000

const TOO_TANGLED = 'The page is too large or too tangled to be turned into Markdown.'

interface Job {
  readonly page: Page
  readonly settle: PromiseWithResolvers<PageText>
}

export class MarkdownMaker {
  readonly #pageMsMax: number
  #worker: Worker | undefined
  #running: Job | undefined
  #idle: NodeJS.Timeout | undefined
  readonly #waiting: Job[] = []

  constructor(pageMsMax = PAGE_MS_MAX) {
    this.#pageMsMax = pageMsMax
  }

  /**
   * One page after the other.
   * @param signal once it aborts nobody waits any more, and the page takes nobody's time.
   * @throws FetchFault for a page that is too much; the signal's reason.
   */
  async make(page: Page, signal: AbortSignal): Promise<PageText> {
    signal.throwIfAborted()
    const job = { page, settle: Promise.withResolvers<PageText>() }
    this.#waiting.push(job)
    const abandon = (): void => this.#abandon(job, signal.reason)
    signal.addEventListener('abort', abandon, { once: true })
    this.#next()
    try {
      return await job.settle.promise
    } finally {
      signal.removeEventListener('abort', abandon)
    }
  }

  #abandon(job: Job, reason: unknown): void {
    const place = this.#waiting.indexOf(job)
    if (place >= 0) this.#waiting.splice(place, 1)
    else this.#leave()
    job.settle.reject(reason)
  }

  #next(): void {
    if (this.#running !== undefined) return
    clearTimeout(this.#idle)
    const job = this.#waiting.shift()
    this.#running = job
    if (job === undefined) {
      this.#idle = setTimeout(() => this.#leave(), IDLE_MS).unref()
      // Idle, it keeps nobody from leaving.
      this.#worker?.unref()
      return
    }
    const worker = this.#ensure()
    worker.ref()
    const late = setTimeout(() => this.#drop(), this.#pageMsMax)
    void job.settle.promise
      .catch(() => {})
      .finally(() => {
        clearTimeout(late)
        this.#running = undefined
        this.#next()
      })
    worker.postMessage(job.page)
  }

  #ensure(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL('./markdown-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB_MAX },
    })
    // One that was left may have had its word on the way: it is about a page of somebody else.
    worker.on('message', (made: PageText) => {
      if (this.#worker === worker) this.#running?.settle.resolve(made)
    })
    // Out of memory, or ended by us.
    worker.on('error', () => this.#lost(worker))
    worker.on('exit', () => this.#lost(worker))
    this.#worker = worker
    return worker
  }

  #drop(): void {
    void this.#worker?.terminate()
  }

  /** Whatever comes next gets another one: this one may take a while to end. */
  #leave(): void {
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
  }

  #lost(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#running?.settle.reject(new FetchFault(TOO_TANGLED))
  }
}
