/** A file read forward in pieces, with the bytes at hand as one view. */
import { type FileHandle, open } from "node:fs/promises"

const piece_bytes = 1024 * 1024

export type Cursor = {
  /** Bytes from the cursor on, `count` of them or fewer where the file ends. The view is good until the next call. */
  peek(count: number): Promise<Buffer>
  /** As `peek` where the bytes are at hand already; null where they must be read. */
  ready(count: number): Buffer | null
  skip(count: number): void
  position(): number
  size: number
  close(): Promise<void>
}

export async function openCursor(path: string): Promise<Cursor> {
  const handle: FileHandle = await open(path, "r")
  const { size } = await handle.stat()
  let buffer = Buffer.alloc(0)
  let start = 0
  let at = 0
  return {
    size,
    position: () => at,
    ready(count) {
      const from = at - start
      return from >= 0 && from + count <= buffer.length ? buffer.subarray(from, from + count) : null
    },
    async peek(count) {
      const wanted = Math.max(0, Math.min(count, size - at))
      const from = at - start
      if (from < 0 || from + wanted > buffer.length) {
        const next = Buffer.allocUnsafe(Math.max(wanted, Math.min(piece_bytes, size - at)))
        let read = 0
        while (read < next.length) {
          const { bytesRead } = await handle.read(next, read, next.length - read, at + read)
          if (bytesRead === 0) break
          read += bytesRead
        }
        buffer = next.subarray(0, read)
        start = at
      }
      return buffer.subarray(at - start, at - start + wanted)
    },
    skip(count) {
      at += count
    },
    close: () => handle.close(),
  }
}
