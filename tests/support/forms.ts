/** The forms of a page that has several, as a person sees them. */

import type { Page } from './person.ts'

export interface PageForm extends Page {
  /** Its HTML. */
  readonly html: string
}

/** @param page as a person has opened it. */
export function formsOf(page: Page): readonly PageForm[] {
  const { response } = page
  return [...response.text.matchAll(/<form\b[^>]*\saction="([^"]*)"[^>]*>(.*?)<\/form>/gs)].map(
    ([html, action = '', inside = '']) => ({
      response,
      html,
      action: new URL(action, page.action).href,
      fields: Object.fromEntries(
        [...inside.matchAll(/<input\b[^>]*\stype="hidden"[^>]*>/g)].map(([tag]) => [
          attribute(tag, 'name'),
          attribute(tag, 'value'),
        ]),
      ),
    }),
  )
}

/** The first form with a button of this name and value, and with these fields. */
export function formWith(
  page: Page,
  [name, value]: readonly [name: string, value: string],
  fields: Readonly<Record<string, string>> = {},
): PageForm {
  const found = formsOf(page).find(
    (form) =>
      form.html.includes(`name="${name}" value="${value}"`) &&
      Object.entries(fields).every(([field, wanted]) => form.fields[field] === wanted),
  )
  if (found === undefined) throw new Error(`no form with ${name}=${value}: ${page.response.text}`)
  return found
}

function attribute(tag: string, name: string): string {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? ''
}
