/** The fields of a form as a server describes them: a flat object of texts, numbers, yes or no, and choices. */

import { z } from 'zod'
import { CliError } from '../../cli-error.ts'
import { escapeControls } from '../../log/terminal-line.ts'
import type { Reading } from '../../setup/answers.ts'
import type { Question } from '../../setup/asker.ts'

export type FieldValue = string | number | boolean | string[]

const choice = z.object({ const: z.string(), title: z.string().optional() })
const choices = z.object({
  enum: z.array(z.string()).optional(),
  oneOf: z.array(choice).optional(),
  anyOf: z.array(choice).optional(),
})

const property = choices.extend({
  type: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  items: choices.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
})

const form = z.object({
  properties: z.record(z.string(), property).default({}),
  required: z.array(z.string()).default([]),
})

export interface Field extends z.infer<typeof property> {
  readonly name: string
  readonly isRequired: boolean
}

/** @throws CliError for what MCP does not call a form. */
export function toFields(schema: unknown): Field[] {
  const parsed = form.safeParse(schema)
  if (!parsed.success) throw new CliError('the form is not understood', { cause: parsed.error })
  const { properties, required } = parsed.data
  return Object.entries(properties).map(([name, described]) => ({
    ...described,
    name,
    isRequired: required.includes(name),
  }))
}

export function fieldQuestion(field: Field): Question<FieldValue | undefined> {
  const { name, title, description, isRequired } = field
  const values = choicesOf(field)
  const initial = toText(field.default)
  const hints = [
    description,
    values && `one of: ${values.join(', ')}`,
    field.type === 'array' ? 'several by comma' : undefined,
    initial === '' ? undefined : `Enter alone is ${initial}`,
    isRequired || initial !== '' ? undefined : 'Enter alone leaves it out',
  ].filter((hint) => hint !== undefined)
  const words = hints.length === 0 ? '' : ` (${hints.join('; ')})`
  return {
    message: escapeControls(`${title ?? name}${words}:`),
    initial,
    read: (text) => readField(field, text.trim()),
  }
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return Array.isArray(value) ? value.join(',') : String(value)
}

function choicesOf(field: Field): string[] | undefined {
  const described = field.type === 'array' ? field.items : field
  const named = described?.oneOf ?? described?.anyOf
  return described?.enum ?? named?.map((one) => one.const)
}

function readField(field: Field, text: string): Reading<FieldValue | undefined> {
  if (text === '') return field.isRequired ? { fault: 'an answer is needed' } : NOTHING
  if (field.type === 'boolean') return readBoolean(text)
  if (field.type === 'number' || field.type === 'integer') return readNumber(field, text)
  const values = field.type === 'array' ? text.split(',').map((one) => one.trim()) : [text]
  const known = choicesOf(field)
  const stranger = values.find((value) => known?.includes(value) === false)
  if (stranger !== undefined) return { fault: `there is no "${stranger}"` }
  return field.type === 'array' ? { value: values } : readText(field, text)
}

const NOTHING: Reading<undefined> = { value: undefined }

function readText({ minLength = 0, maxLength = Infinity }: Field, text: string): Reading<string> {
  if (text.length < minLength) return { fault: `it needs ${minLength} characters at least` }
  return text.length > maxLength
    ? { fault: `it may have ${maxLength} characters at most` }
    : { value: text }
}

function readBoolean(text: string): Reading<boolean> {
  if (/^(?:y|yes|true)$/i.test(text)) return { value: true }
  return /^(?:n|no|false)$/i.test(text) ? { value: false } : { fault: 'it is yes or no' }
}

function readNumber(
  { type, minimum = -Infinity, maximum = Infinity }: Field,
  text: string,
): Reading<number> {
  const value = Number(text)
  const isGood = type === 'integer' ? Number.isInteger(value) : Number.isFinite(value)
  if (!isGood) return { fault: type === 'integer' ? 'it is a whole number' : 'it is a number' }
  if (value < minimum) return { fault: `it is at least ${minimum}` }
  return value > maximum ? { fault: `it is at most ${maximum}` } : { value }
}
