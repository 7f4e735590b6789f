/** How the pages look, as an operator writes it under `branding` in `gateway.yaml`. */

import { z } from 'zod'
import { plainText } from './definition-texts.ts'

const NAME_CHARACTERS_MAX = 60

export const brandingDefinition = z
  .strictObject({
    name: plainText(NAME_CHARACTERS_MAX).describe('What the pages call this gateway.'),
    logo: z.string().min(1).describe('An SVG or PNG file of at most 256 KB, from this file.'),
    color: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/, 'must be written #rrggbb')
      .describe('#rrggbb: of buttons and marks.'),
    help: z.string().describe('https: or mailto: where people find help.'),
  })
  .partial()

export type BrandingDefinition = z.infer<typeof brandingDefinition>
