/** The configuration of a client as `gateway export-config` writes it: what people would do. */

import type { Surroundings } from './driver.ts'

export async function exportConfiguration(
  { command, name }: Surroundings,
  client: string,
): Promise<void> {
  const args = ['export-config', name, client, '--write']
  const { exitCode, stderr } = await command(args)
  if (exitCode !== 0) throw new Error(`export-config ${client}: ${stderr}`)
}
