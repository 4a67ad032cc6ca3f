/** Files written forward in pieces, and zip archives of such files. */
import { createReadStream } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { crc32, createDeflateRaw } from "node:zlib"
import { ProblemError, problem } from "../../../model/index.ts"

const piece_bytes = 256 * 1024

export type Sink = {
  /** Takes text or bytes; a promise is given back where the disk must catch up first. */
  write(piece: string | Uint8Array): Promise<void> | undefined
  end(): Promise<number>
  /** Overwrites bytes that were written before, once everything was handed over. */
  patch(at: number, bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** Opens a file for writing; what is in it is replaced. `encode` turns texts into bytes, UTF-8 by default. */
export async function openSink(path: string, encode?: (text: string) => Uint8Array): Promise<Sink> {
  const handle: FileHandle = await open(path, "w")
  let texts = ""
  let held: Uint8Array[] = []
  let held_bytes = 0
  let at = 0
  const settle = () => {
    if (texts === "") return
    const bytes = encode ? encode(texts) : Buffer.from(texts)
    texts = ""
    held.push(bytes)
    held_bytes += bytes.length
  }
  const flush = async () => {
    settle()
    const bytes = Buffer.concat(held)
    held = []
    held_bytes = 0
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at)
      done += bytesWritten
      at += bytesWritten
    }
  }
  return {
    write(piece) {
      if (typeof piece === "string") texts += piece
      else {
        settle()
        // The caller may use its buffer again at once.
        held.push(Uint8Array.prototype.slice.call(piece))
        held_bytes += piece.length
      }
      return texts.length + held_bytes > piece_bytes ? flush() : undefined
    },
    async end() {
      await flush()
      return at
    },
    async patch(position, bytes) {
      await handle.write(bytes, 0, bytes.length, position)
    },
    close: () => handle.close(),
  }
}

const four_gib = 2 ** 32 - 1

export type ZipWriter = {
  /** Adds a file of the disk. */
  addFile(name: string, path: string): Promise<void>
  /** Adds a file from pieces. */
  add(name: string, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>
  end(): Promise<number>
  close(): Promise<void>
}

/** Opens a zip archive for writing (APPNOTE 6.3, deflated members below 4 GiB, names in UTF-8). */
export async function openZipWriter(path: string, file: string): Promise<ZipWriter> {
  const sink = await openSink(path)
  const directory: Buffer[] = []
  let at = 0
  const put = async (bytes: Uint8Array) => {
    at += bytes.length
    if (at > four_gib)
      throw new ProblemError(
        problem(
          "export-too-large",
          413,
          `导出文件「${file}」超过 4 GiB；请缩小范围后重试`,
          `The export "${file}" grows past 4 GiB; choose a smaller part and try again`,
        ),
      )
    await sink.write(bytes)
  }
  const headers: { at: number; bytes: Buffer }[] = []
  const add: ZipWriter["add"] = async (name, pieces) => {
    const start = at
    const label = Buffer.from(name)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(20, 4)
    local.writeUInt16LE(0x800, 6)
    local.writeUInt16LE(8, 8)
    // The first day that the format knows: the same content gives the same bytes.
    local.writeUInt16LE(33, 12)
    local.writeUInt16LE(label.length, 26)
    await put(Buffer.concat([local, label]))
    const deflate = createDeflateRaw()
    let crc = 0
    let bytes = 0
    let packed = 0
    const feed = (async () => {
      for await (const piece of pieces) {
        crc = crc32(piece, crc)
        bytes += piece.length
        if (!deflate.write(piece)) await new Promise<void>((resolve) => deflate.once("drain", resolve))
      }
      deflate.end()
    })()
    feed.catch((error: unknown) => deflate.destroy(error instanceof Error ? error : new Error(String(error))))
    for await (const piece of deflate as AsyncIterable<Buffer>) {
      packed += piece.length
      await put(piece)
    }
    await feed
    const sums = Buffer.alloc(12)
    sums.writeUInt32LE(crc >>> 0, 0)
    sums.writeUInt32LE(packed, 4)
    sums.writeUInt32LE(bytes, 8)
    headers.push({ at: start + 14, bytes: sums })
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(20, 4)
    local.copy(entry, 6, 4, 14)
    sums.copy(entry, 16)
    entry.writeUInt16LE(label.length, 28)
    entry.writeUInt32LE(start, 42)
    directory.push(entry, label)
  }
  return {
    add,
    addFile: (name, from) => add(name, createReadStream(from, { highWaterMark: piece_bytes }) as AsyncIterable<Buffer>),
    async end() {
      const start = at
      const list = Buffer.concat(directory)
      await put(list)
      const last = Buffer.alloc(22)
      last.writeUInt32LE(0x06054b50, 0)
      last.writeUInt16LE(headers.length, 8)
      last.writeUInt16LE(headers.length, 10)
      last.writeUInt32LE(list.length, 12)
      last.writeUInt32LE(start, 16)
      await put(last)
      await sink.end()
      for (const { at: position, bytes } of headers) await sink.patch(position, bytes)
      return at
    },
    close: () => sink.close(),
  }
}
