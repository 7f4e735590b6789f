/** The ports of a gateway: three, all of their own. */

export const DEFAULT_PORT = 8642
/**
 * The admin page and the figures keep this distance from the gateway's port: 9901 and 9464 beside 8642.
 * The distances are apart from each other, so that a second gateway on the next port has ports of its own.
 */
const ADMIN_PORT_DISTANCE = 1259
const METRICS_PORT_DISTANCE = 822

export interface Ports {
  /** Where Envoy listens. */
  readonly port: number
  /** Of Envoy's own pages, on loopback. */
  readonly adminPort: number
  /** Where Prometheus asks, on loopback. */
  readonly metricsPort: number
}

export interface PortValues {
  readonly GATEWAY_PORT: number
  readonly GATEWAY_ADMIN_PORT: number | undefined
  readonly GATEWAY_METRICS_PORT: number | undefined
}

/** Adds a fault for each two that are one: Envoy would share it out between them, in silence. */
export function toPorts(values: PortValues, faults: string[]): Ports {
  const { GATEWAY_PORT: port } = values
  const ports = {
    port,
    adminPort: values.GATEWAY_ADMIN_PORT ?? portBeside(port, ADMIN_PORT_DISTANCE),
    metricsPort: values.GATEWAY_METRICS_PORT ?? portBeside(port, METRICS_PORT_DISTANCE),
  }
  const named = byVariable(ports)
  for (const [index, [variable, one]] of named.entries()) {
    for (const [other, another] of named.slice(index + 1)) {
      if (one === another) faults.push(`${other} must be another port than ${variable}, not ${one}`)
    }
  }
  return ports
}

/** Which variable gives each. */
export function byVariable({ port, adminPort, metricsPort }: Ports): [string, number][] {
  return [
    ['GATEWAY_PORT', port],
    ['GATEWAY_ADMIN_PORT', adminPort],
    ['GATEWAY_METRICS_PORT', metricsPort],
  ]
}

function portBeside(gatewayPort: number, distance: number): number {
  const above = gatewayPort + distance
  return above <= 65_535 ? above : gatewayPort - distance
}
