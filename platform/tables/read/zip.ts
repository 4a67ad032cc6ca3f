/** Zip archives as input: names in any encoding, sizes under a limit, members as streams. */
import { createRequire } from "node:module"
import type { Readable } from "node:stream"
import type { Source } from "./builder.ts"
import { tooLarge, unreadable } from "./refuse.ts"
import { sniffBytes } from "./text.ts"

/** The library ships no types: what is used of it. */
type Entry = {
  fileName: Buffer
  uncompressedSize: number
  compressedSize: number
  generalPurposeBitFlag: number
  compressionMethod: number
}
type ZipFile = {
  entryCount: number
  eachEntry(): AsyncIterable<Entry>
  openReadStreamPromise(entry: Entry): Promise<Readable>
  close(): void
}
const yauzl = createRequire(import.meta.url)("yauzl") as {
  openPromise(path: string, options: object): Promise<ZipFile>
}

const members_max = 10_000
/** A member that grows by more than this factor and past this size is a bomb; spreadsheets reach some 60. */
const growth_max = 250
const growth_matters_bytes = 64 * 1024 ** 2

export type Member = {
  /** Path within the archive, with "/" between folders. */
  name: string
  bytes: number
  stream(): Promise<Readable>
}

export type Archive = { members: Member[]; close(): void }

/** Opens an archive and lists its members. @throws ProblemError where it is damaged, locked or too large unpacked */
export async function openZip(source: Source): Promise<Archive> {
  const { path, file, limits } = source
  let zip: ZipFile
  const members: Member[] = []
  try {
    zip = await yauzl.openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: false })
  } catch (error) {
    throw damaged(file, error)
  }
  try {
    let unpacked = 0
    for await (const entry of zip.eachEntry()) {
      const name = nameOf(entry)
      if (name.endsWith("/")) continue
      if (members.length >= members_max)
        throw tooLarge(
          file,
          `压缩包内文件超过 ${members_max} 个；请分开打包`,
          `more than ${members_max} files in the archive; pack them separately`,
        )
      unpacked += entry.uncompressedSize
      const grown = entry.uncompressedSize / Math.max(1, entry.compressedSize)
      if (unpacked > limits.unpacked_bytes_max || (entry.uncompressedSize > growth_matters_bytes && grown > growth_max))
        throw tooLarge(
          file,
          `解压后过大（成员「${name}」${entry.uncompressedSize} 字节，上限 ${limits.unpacked_bytes_max}），疑似压缩炸弹；请拆分后重新打包`,
          `it unpacks to too much (member "${name}" to ${entry.uncompressedSize} bytes, the limit is ${limits.unpacked_bytes_max}), as a zip bomb does; split it and pack it again`,
        )
      members.push({ name, bytes: entry.uncompressedSize, stream: () => openMember(zip, entry, file, name) })
    }
  } catch (error) {
    zip.close()
    throw damaged(file, error)
  }
  return { members, close: () => zip.close() }
}

async function openMember(zip: ZipFile, entry: Entry, file: string, name: string): Promise<Readable> {
  if ((entry.generalPurposeBitFlag & 1) !== 0)
    throw unreadable(
      file,
      `成员「${name}」已加密；请去掉密码后重新打包`,
      `the member "${name}" is encrypted; pack it again without a password`,
    )
  try {
    return await zip.openReadStreamPromise(entry)
  } catch (error) {
    throw damaged(file, error)
  }
}

/** Old packers write names in the encoding of their machine: UTF-8 where the bytes fit it, else GB18030. */
function nameOf(entry: Entry): string {
  const marked = (entry.generalPurposeBitFlag & 0x800) !== 0
  const text = new TextDecoder(marked ? "utf-8" : sniffBytes(entry.fileName)).decode(entry.fileName)
  return text.replaceAll("\\", "/").replace(/^(\.?\/)+/, "")
}

/** What a broken archive is refused with; refusals of ours pass through. */
function damaged(file: string, error: unknown): unknown {
  if (error instanceof Error && ("problem" in error || error.name === "AbortError")) return error
  const why = error instanceof Error ? error.message : String(error)
  return unreadable(
    file,
    `压缩包不完整或已损坏（${why}）；请重新导出或重新上传`,
    `the archive is cut short or damaged (${why}); export or upload it again`,
  )
}
