/** A server asks the person something (elicitation): a form field by field, or a page to visit. */

import type { ElicitRequestParams, ElicitResult } from '@modelcontextprotocol/client'
import { escapeControls } from '../../log/terminal-line.ts'
import type { Asker } from '../../setup/asker.ts'
import { type Field, type FieldValue, fieldQuestion, toFields } from './form-fields.ts'

type Decision = 'accept' | 'decline' | 'cancel'

/** Everything a server says is shown as its words, and may not steer the terminal. */
export async function answerElicitation(
  params: ElicitRequestParams,
  asker: Asker,
  host: string,
): Promise<ElicitResult> {
  if (params.mode === 'url') return await answerPage(params, asker, host)
  const { requestedSchema, message } = params
  asker.tell([`${host} asks: ${escapeControls(message)}`])
  const fields = toFields(requestedSchema)
  const action = await decide(asker, fields.length === 0 ? 'Agree?' : 'Answer it?')
  if (action !== 'accept') return { action }
  const content: Record<string, FieldValue> = {}
  for (const field of fields) {
    const value = await askField(asker, field)
    if (value !== undefined) content[field.name] = value
  }
  return { action, content }
}

/** The page is for the person's own browser: what is entered there, this program never sees. */
async function answerPage(
  { message, url }: Extract<ElicitRequestParams, { mode: 'url' }>,
  asker: Asker,
  host: string,
): Promise<ElicitResult> {
  asker.tell([
    `${host} wants you to visit a page: ${escapeControls(message)}`,
    `Look at the address before you open it: ${escapeControls(url)}`,
  ])
  return { action: await decide(asker, 'Have you been there?') }
}

async function decide(asker: Asker, message: string): Promise<Decision> {
  return await asker.choose<Decision>({
    message,
    options: [
      { value: 'accept', label: 'Yes' },
      { value: 'decline', label: 'No' },
      { value: 'cancel', label: 'Not now' },
    ],
    initial: 'accept',
  })
}

async function askField(asker: Asker, field: Field): Promise<FieldValue | undefined> {
  return await asker.ask(fieldQuestion(field))
}
