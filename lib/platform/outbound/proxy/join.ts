import { type Duplex, pipeline } from 'node:stream'

/** Bytes to and fro. Each direction ends by itself; an error ends both. */
export function join(one: Duplex, other: Duplex): void {
  const endBoth = (error: unknown): void => {
    if (!error) return
    one.destroy()
    other.destroy()
  }
  pipeline(one, other, endBoth)
  pipeline(other, one, endBoth)
}
