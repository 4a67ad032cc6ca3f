import { createHash, randomBytes } from "node:crypto"
import { createReadStream, mkdirSync, type ReadStream, rmSync } from "node:fs"
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { assert, fail, ok, problem, type Result } from "../../model/index.ts"

export type StoredFile = { hash: string; bytes: number }

export type Files = {
  /** Stores content up to `bytes_max` and returns after it is on disk. The same content is stored once. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>, bytes_max: number): Promise<Result<StoredFile>>
  /** The content, checked against its name; null when there is none. */
  get(hash: string): Promise<Buffer | null>
  /** The content as a stream, unchecked; null when there is none. */
  stream(hash: string): Promise<{ bytes: number; content: ReadStream } | null>
  has(hash: string): Promise<boolean>
  /** Every file, in the order of its hash. */
  list(): AsyncIterable<StoredFile>
}

const part = "part"
const isHash = (hash: string) => /^[0-9a-f]{64}$/.test(hash)

/**
 * Files named by the SHA-256 of their content, in `folder`/ab/abcd…; one process owns the folder.
 * A file gets its name only when it is whole and synced, so a name that exists is a promise.
 */
export function openFiles(folder: string): Files {
  rmSync(join(folder, part), { recursive: true, force: true }) // What a killed process did not finish was never promised.
  mkdirSync(join(folder, part), { recursive: true, mode: 0o700 })
  const pathOf = (hash: string) => join(folder, hash.slice(0, 2), hash)
  const bytesOf = async (hash: string) => (isHash(hash) ? ((await orNull(stat(pathOf(hash))))?.size ?? null) : null)

  const put: Files["put"] = async (content, bytes_max) => {
    const temporary = join(folder, part, randomBytes(12).toString("hex"))
    try {
      const written = await write(temporary, content, bytes_max)
      if (written === null) return fail(tooLarge(bytes_max))
      if ((await bytesOf(written.hash)) === null) await settle(folder, temporary, pathOf(written.hash))
      return ok(written)
    } finally {
      await rm(temporary, { force: true })
    }
  }
  const get: Files["get"] = async (hash) => {
    const content = isHash(hash) ? await orNull(readFile(pathOf(hash))) : null
    if (content === null) return null
    const found = createHash("sha256").update(content).digest("hex")
    assert(found === hash, `the stored file ${hash} has the content it was stored with; restore it from a backup`)
    return content
  }
  const stream: Files["stream"] = async (hash) => {
    const bytes = await bytesOf(hash)
    return bytes === null ? null : { bytes, content: createReadStream(pathOf(hash)) }
  }
  async function* list() {
    for (const shelf of (await readdir(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name)).sort())
      for (const hash of (await readdir(join(folder, shelf))).filter(isHash).sort())
        yield { hash, bytes: (await bytesOf(hash)) ?? 0 }
  }
  return { put, get, stream, list, has: async (hash) => (await bytesOf(hash)) !== null }
}

async function write(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  bytes_max: number,
): Promise<StoredFile | null> {
  const file = await open(path, "wx", 0o600)
  try {
    const digest = createHash("sha256")
    let bytes = 0
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      bytes += chunk.byteLength
      if (bytes > bytes_max) return null
      digest.update(chunk)
      await writeAll(file, chunk)
    }
    await file.sync()
    return { hash: digest.digest("hex"), bytes }
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten
}

/** Gives a synced file its name, and syncs the folders so that the name outlives a power cut. */
async function settle(folder: string, from: string, to: string): Promise<void> {
  const shelf = join(to, "..")
  mkdirSync(shelf, { recursive: true, mode: 0o700 })
  await rename(from, to)
  for (const path of [shelf, folder]) {
    const handle = await open(path, "r")
    await handle.sync().finally(() => handle.close())
  }
}

async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null
    throw error
  }
}

function tooLarge(bytes_max: number) {
  const limit = bytes_max >= 1e6 ? `${Math.floor(bytes_max / 1e6)} MB` : `${bytes_max} B`
  return problem(
    "file-too-large",
    413,
    `文件超过 ${limit}：请缩小后再传`,
    `The file is larger than ${limit}: send a smaller one.`,
  )
}
