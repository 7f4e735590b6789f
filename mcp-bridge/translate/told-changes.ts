/** What servers tell of their own accord: how each revision asks for it, and the notification that both have. */

/** By capability of the server; `wish`: the member of a filter (MCP 2026-07-28, subscriptions). */
export const LIST_CHANGES = ['tools', 'prompts', 'resources'].map((capability) => ({
  capability,
  wish: `${capability}ListChanged`,
  method: `notifications/${capability}/list_changed`,
}))

export const UPDATED = 'notifications/resources/updated'
export const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged'
