/** PMTiles archives (version 3): tiles of a base map in one file. */
import { type FileHandle, open } from "node:fs/promises"
import { type Header, PMTiles } from "pmtiles"
import { unreadable } from "./refuse.ts"

export type TileArchive = {
  header: Header
  /** The archive's own description: attribution, layers. */
  metadata: unknown
  /** One tile as it is meant to be sent, unpacked; null where the archive has none. @throws ProblemError where damaged */
  tile(z: number, x: number, y: number): Promise<Uint8Array | null>
  close(): Promise<void>
}

const range_bytes_max = 64 * 1024 ** 2

/** Opens an archive on disk. @throws ProblemError where it is no PMTiles 3 file */
export async function openPmtiles(path: string, file_name = path): Promise<TileArchive> {
  const handle: FileHandle = await open(path, "r")
  const broken = (error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    return unreadable(
      file_name,
      `不是有效的 PMTiles（${why}）；请重新导出或重新上传`,
      `it is no valid PMTiles archive (${why}); export or upload it again`,
    )
  }
  const tiles = new PMTiles({
    getKey: () => path,
    async getBytes(offset, length) {
      if (length > range_bytes_max) throw new Error(`a range of ${length} bytes`)
      const buffer = new ArrayBuffer(length)
      const { bytesRead } = await handle.read(new Uint8Array(buffer), 0, length, offset)
      return { data: bytesRead < length ? buffer.slice(0, bytesRead) : buffer }
    },
  })
  try {
    const header = await tiles.getHeader()
    const metadata = await tiles.getMetadata()
    return {
      header,
      metadata,
      async tile(z, x, y) {
        try {
          const found = await tiles.getZxy(z, x, y)
          return found ? new Uint8Array(found.data) : null
        } catch (error) {
          throw broken(error)
        }
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw broken(error)
  }
}
