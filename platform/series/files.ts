import { cp, open } from "node:fs/promises"
import { crc32 } from "node:zlib"

/** A file as the catalogue knows it: its size and the CRC-32 of its bytes. */
export type WrittenFile = { bytes: number; crc: number }

/** Makes a file's content, or a folder's list of names, durable, without holding up the thread. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const piece = 1 << 20

/** Size and CRC-32 of a file's bytes; `pause` is awaited after each megabyte and ends the reading when it says false. */
export async function readSum(path: string, pause?: () => Promise<boolean>): Promise<WrittenFile | null> {
  const handle = await open(path, "r")
  try {
    const buffer = new Uint8Array(piece)
    let [bytes, crc] = [0, 0]
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, piece, null)
      if (bytesRead === 0) return { bytes, crc }
      crc = crc32(buffer.subarray(0, bytesRead), crc)
      bytes += bytesRead
      if (pause && !(await pause())) return null
    }
  } finally {
    await handle.close()
  }
}

/** Makes a written file durable and says what it is. */
export async function finishFile(path: string): Promise<WrittenFile> {
  await syncPath(path)
  return (await readSum(path)) as WrittenFile
}

/** Copies a file or a folder and makes the copy durable. */
export async function copyPath(from: string, to: string, names: readonly string[] = []): Promise<void> {
  await cp(from, to, { recursive: true })
  for (const name of names) await syncPath(`${to}/${name}`)
  await syncPath(to)
}
