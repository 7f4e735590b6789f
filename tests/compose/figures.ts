/** What the containers weigh: memory at rest, and the sizes of images. */

import { type Container, docker, type Stack } from './stack.ts'

const KIB = 1024
const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: KIB, MiB: KIB ** 2, GiB: KIB ** 3 }

export async function printMemory(stack: Stack, containers: readonly Container[]): Promise<void> {
  const names = containers.map(({ name }) => name)
  const lines = await docker(
    'stats',
    '--no-stream',
    '--format',
    '{{.Name}} {{.MemUsage}}',
    ...names,
  )
  const rows = lines
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  const total = rows.reduce((sum, [, used = '']) => sum + toMib(used), 0)
  console.log(`memory at rest: ${Math.round(total)} MiB in ${rows.length} containers`)
  for (const [name = '', used = ''] of rows) {
    const service = name.slice(stack.project.length + 1).replace(/-\d+$/, '')
    console.log(`  ${service.padEnd(22)} ${toMib(used).toFixed(1).padStart(7)} MiB`)
  }
}

function toMib(text: string): number {
  const [, number = '0', unit = 'B'] = /^([\d.]+)([A-Za-z]+)$/.exec(text) ?? []
  return (Number(number) * (UNITS[unit] ?? 1)) / KIB ** 2
}

export async function printImages({ project }: Stack): Promise<void> {
  const format = '{{.Repository}}:{{.Tag}} {{.Size}}'
  const filter = `reference=${project}-*`
  const lines = (await docker('images', '--filter', filter, '--format', format)).trim()
  console.log(`images (layers are shared):\n${lines.replaceAll(/^/gm, '  ')}`)
}
