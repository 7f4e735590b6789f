/** The Huffman code of RFC 7541, appendix B, decoded four bits at a time. */

/** Bits of each byte's code, and of the end of string. The code is canonical: the lengths say it all. */
const CODE_BITS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
]
const END_OF_STRING = 256
/** Padding is less than a byte. */
const PADDING_BITS_MAX = 7
const NONE = -1

/** A node of the code's tree: another node, or a symbol as its complement. */
type Children = [number, number]

function buildTree(): readonly Children[] {
  const nodes: Children[] = [[0, 0]]
  const symbols = CODE_BITS.map((bits, symbol) => ({ bits, symbol }))
  symbols.sort((a, b) => a.bits - b.bits || a.symbol - b.symbol)
  let code = 0
  let bitsBefore = 0
  for (const { bits, symbol } of symbols) {
    code <<= bits - bitsBefore
    plant(nodes, code, bits, symbol)
    code += 1
    bitsBefore = bits
  }
  return nodes
}

function plant(nodes: Children[], code: number, bits: number, symbol: number): void {
  let node = nodes[0] as Children
  for (let left = bits - 1; left > 0; left -= 1) {
    const bit = (code >>> left) & 1
    if (node[bit] === 0) node[bit] = nodes.push([0, 0]) - 1
    node = nodes[node[bit] as number] as Children
  }
  node[code & 1] = ~symbol
}

const TREE = buildTree()
/** By node and four bits: the node they lead to, and the symbol on the way. No code is shorter than five. */
const NEXT = new Int16Array(TREE.length * 16)
const SYMBOL = new Int16Array(TREE.length * 16).fill(NONE)
/** Where a string may end: the root, or some ones after it. */
const MAY_END = new Uint8Array(TREE.length)

for (let node = 0; node < TREE.length; node += 1) {
  for (let four = 0; four < 16; four += 1) walk(node, four)
}
for (let node = 0, depth = 0; depth <= PADDING_BITS_MAX; depth += 1) {
  MAY_END[node] = 1
  node = TREE[node]?.[1] ?? 0
}

function walk(from: number, four: number): void {
  let node = from
  for (let left = 3; left >= 0; left -= 1) {
    const child = (TREE[node] as Children)[(four >>> left) & 1] as number
    if (child < 0) SYMBOL[from * 16 + four] = ~child
    node = Math.max(child, 0)
  }
  NEXT[from * 16 + four] = node
}

/**
 * Decodes into `target`, which has room for 8 bytes of 5 bits each.
 * @returns how many bytes it wrote, or -1 where the text is no Huffman code.
 */
export function decodeHuffman(bytes: Buffer, start: number, end: number, target: Buffer): number {
  let node = 0
  let length = 0
  for (let at = start * 2; at < end * 2; at += 1) {
    const byte = bytes[at >>> 1] ?? 0
    const step = node * 16 + ((at & 1) === 0 ? byte >>> 4 : byte & 0xf)
    const symbol = SYMBOL[step] ?? NONE
    if (symbol === END_OF_STRING) return -1
    if (symbol !== NONE) {
      target[length] = symbol
      length += 1
    }
    node = NEXT[step] ?? 0
  }
  return MAY_END[node] === 1 ? length : -1
}
