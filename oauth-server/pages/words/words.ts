/**
 * The words of the pages, in every language that they speak.
 *
 * Each page keeps its own beside this file. A text may hold `{name}` where a value belongs.
 */

export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

/** Every language has the same keys. */
export type PageWords<Key extends string = string> = Readonly<
  Record<Language, Readonly<Record<Key, string>>>
>

export function definePage<const Key extends string>(
  en: Readonly<Record<Key, string>>,
  de: Readonly<Record<NoInfer<Key>, string>>,
): PageWords<Key> {
  return { en, de }
}

export type Values = Readonly<Record<string, string | number>>

/** Something to be said on a page, before its language is known. */
export interface Phrase {
  readonly key: string
  readonly values?: Values
}

export interface Speech {
  readonly language: Language
  /** The text with its values, not yet escaped: for `<%= %>`. */
  say(key: string, values?: Values): string
  /** The same as HTML, each value escaped and `<strong>`: for `<%~ %>`. */
  rich(key: string, values: Values): string
}

/** @throws TypeError for a key that the page does not have: a test renders each page. */
export function speak(words: PageWords, language: Language): Speech {
  const find = (key: string): string => {
    const text = Object.hasOwn(words[language], key) ? words[language][key] : undefined
    if (text === undefined) throw new TypeError(`there are no words for "${key}"`)
    return text
  }
  return {
    language,
    say: (key, values = {}) => fill(find(key), values, String),
    rich: (key, values) =>
      fill(
        escapeHtml(find(key)),
        values,
        (value) => `<strong>${escapeHtml(String(value))}</strong>`,
      ),
  }
}

function fill(text: string, values: Values, render: (value: string | number) => string): string {
  return text.replaceAll(/\{([a-zA-Z]+)\}/g, (_whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) throw new TypeError(`no value for {${name}}`)
    return render(value)
  })
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
