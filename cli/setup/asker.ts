/** How a person is asked: in a terminal, or line by line where input is piped. */

import type { Reading } from './answers.ts'

export interface Question<T> {
  readonly message: string
  /** What the answer is for, or where it is found. */
  readonly hint?: string
  /** What Enter means. */
  readonly initial?: string
  readonly read: (text: string) => Reading<T>
}

export interface Choice<T extends string> {
  readonly message: string
  readonly options: readonly { readonly value: T; readonly label: string }[]
  readonly initial: T
}

export interface Asker {
  /** Whether whoever answers can be asked again. */
  readonly isPatient: boolean
  ask<T>(question: Question<T>): Promise<T>
  /** What is typed is not shown. */
  askSecret<T>(question: Question<T>): Promise<T>
  choose<T extends string>(choice: Choice<T>): Promise<T>
  tell(lines: readonly string[]): void
  close(): void
}
