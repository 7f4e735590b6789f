/** How Node runs a room so that it stays small. The images say the same (`Dockerfile`). */

/** Node begins by its own code instead of a snapshot of it, 4 MB of which it would never part with: 25 ms at the start. */
export const ROOM_NODE_ARGS = ['--no-node-snapshot'] as const

/**
 * For glibc's `malloc`. What the compiler needs for an instant comes in blocks of some 32 KB, and between what stays
 * they could never be given back: 10 MB of a busy bridge. From this size on each is a mapping of its own. Whatever is
 * set here also keeps `malloc` from raising these bounds by itself.
 */
export const ROOM_ALLOCATOR = {
  MALLOC_MMAP_THRESHOLD_: '32768',
  MALLOC_TRIM_THRESHOLD_: '65536',
} as const
