/** Who may in, as an operator writes it under `access` in `gateway.yaml`. */

import { z } from 'zod'

const words = z.array(z.string())

const rules = {
  users: words.describe(
    'PROVIDER:LOGIN, PROVIDER:ID, PROVIDER:*, name@example.com, *@example.com, or * for everyone.',
  ),
  organizations: words.describe('github:ORGANISATION.'),
  teams: words.describe('github:ORGANISATION/TEAM.'),
  groups: words.describe('PROVIDER:GROUP, by the groups claim of an oidc provider.'),
}

const ruleLists = z.strictObject(rules).partial()

export const accessDefinition = z
  .strictObject({
    ...rules,
    services: z
      .record(z.string(), ruleLists)
      .describe('By service, for whoever may in: who of them may use it.'),
  })
  .partial()

export type RuleLists = z.infer<typeof ruleLists>
export type AccessDefinition = z.infer<typeof accessDefinition>
