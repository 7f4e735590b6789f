/** How an operator makes the pages their own. */

export interface Branding {
  readonly name: string
  /** Absolute path of an SVG or PNG file. */
  readonly logo: string | undefined
  /** `#rrggbb`; text on it is chosen so that it can be read. */
  readonly color: string | undefined
  /** `https:` or `mailto:`: where people find help. */
  readonly help: string | undefined
}

export const PLAIN_BRANDING: Branding = {
  name: 'MCP OAuth Gateway',
  logo: undefined,
  color: undefined,
  help: undefined,
}
