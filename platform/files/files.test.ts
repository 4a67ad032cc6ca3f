import { createHash } from "node:crypto"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { checkPhoto, openFiles } from "./index.ts"

const root = mkdtempSync(join(tmpdir(), "mingmai-files-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

// 12 × 7 pixels, each written by a browser's canvas.
const pictures = {
  "image/jpeg": Buffer.from(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAHAAwDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAQG/8QAHRAAAgEEAwAAAAAAAAAAAAAAAAECAwQRQRIhIv/EABUBAQEAAAAAAAAAAAAAAAAAAAED/8QAGhEBAAMAAwAAAAAAAAAAAAAAAQACERIhUf/aAAwDAQACEQMRAD8AxEJ2ituM6U3Ww/SfWdbJgADJS9+QGHXhP//Z",
    "base64",
  ),
  "image/png": Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAwAAAAHCAYAAAA8sqwkAAAAMElEQVR4AZyNsQ0AAAjCqv//rJuD6aIkLBBoctR/UFDbBv8T7M2yIQTENqIZSKdRAwAA//9xmt2cAAAABklEQVQDAN/JCg88e5p1AAAAAElFTkSuQmCC",
    "base64",
  ),
  "image/webp": Buffer.from("UklGRiQAAABXRUJQVlA4TBcAAAAvC4ABEA8Q8x/zHwyBQBL4+ENE9D+gAQA=", "base64"),
}

describe("stored files", () => {
  it("come back byte for byte under the hash of their content, stored once", async () => {
    const files = openFiles(join(root, "a"))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const stored = await files.put(bytes, 10_000)
        const hash = createHash("sha256").update(bytes).digest("hex")
        expect(stored).toEqual({ ok: true, value: { hash, bytes: bytes.length } })
        expect((await files.get(hash))?.equals(bytes)).toBe(true)
        expect(await files.put(bytes, 10_000)).toEqual(stored)
      }),
      { numRuns: 20 },
    )
    const listed = await Array.fromAsync(files.list())
    expect(listed.map((file) => file.hash)).toEqual([...new Set(listed.map((file) => file.hash))].sort())
    for (const { hash, bytes } of listed) expect((await files.get(hash))?.length).toBe(bytes)
  })

  it("take streams, refuse what is too large and leave no part of it", async () => {
    const folder = join(root, "b")
    const files = openFiles(folder)
    async function* chunks(n: number) {
      for (let i = 0; i < n; i++) yield Buffer.alloc(1000, i)
    }
    const stored = await files.put(chunks(5), 5000)
    const hash = stored.ok ? stored.value.hash : ""
    const streamed = await files.stream(hash)
    expect(streamed?.bytes).toBe(5000)
    expect(Buffer.concat(await Array.fromAsync(streamed?.content ?? []))).toEqual(await files.get(hash))
    expect(await files.put(chunks(6), 5000)).toMatchObject({ problem: { code: "file-too-large", status: 413 } })
    async function* broken() {
      yield Buffer.alloc(10)
      throw new Error("the sender went away")
    }
    await expect(files.put(broken(), 5000)).rejects.toThrow("went away")
    expect(readdirSync(join(folder, "part"))).toEqual([])
    expect(await Array.fromAsync(files.list())).toHaveLength(1)
  })

  it("are found by a hash only, and a damaged one is not handed out", async () => {
    const folder = join(root, "c")
    const files = openFiles(folder)
    for (const name of ["", "../../etc/passwd", "A".repeat(64), "0".repeat(64)])
      expect([await files.get(name), await files.stream(name), await files.has(name)]).toEqual([null, null, false])
    const stored = await files.put(Buffer.from("right"), 100)
    const hash = stored.ok ? stored.value.hash : ""
    writeFileSync(join(folder, hash.slice(0, 2), hash), "wrong")
    await expect(files.get(hash)).rejects.toThrow("restore it from a backup")
  })

  it("of a killed process do not stay half written", () => {
    const folder = join(root, "d")
    openFiles(folder)
    writeFileSync(join(folder, "part", "half"), "…")
    openFiles(folder)
    expect(readdirSync(join(folder, "part"))).toEqual([])
  })
})

describe("photos", () => {
  for (const [type, bytes] of Object.entries(pictures)) {
    it(`of ${type} are known by their structure, and every cut of them is noticed`, () => {
      expect(checkPhoto(bytes)).toEqual({ ok: true, value: { type, width: 12, height: 7 } })
      for (let length = 0; length < bytes.length; length++) {
        const cut = checkPhoto(bytes.subarray(0, length))
        expect(cut.ok ? length : cut.problem.code).toMatch(/^photo-(broken|type)$/)
      }
    })

    it(`of ${type} may be damaged in any byte without a crash`, () => {
      const anywhere = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))
      fc.assert(
        fc.property(anywhere, ([at, value]) => {
          const damaged = Buffer.from(bytes)
          damaged[at] = value
          expect(typeof checkPhoto(damaged).ok).toBe("boolean")
        }),
      )
    })
  }

  it("of other kinds are refused with what to do", () => {
    const heic = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1")
    const title = (bytes: Uint8Array) => {
      const result = checkPhoto(bytes)
      return result.ok ? "" : result.problem.title.en
    }
    expect(title(heic)).toContain("most compatible format")
    expect(title(Buffer.from("GIF89a"))).toContain("send JPEG, PNG or WebP")
    expect(title(pictures["image/png"].subarray(0, 60))).toContain("ends inside a chunk")
    const flipped = Buffer.from(pictures["image/png"])
    flipped[50] = flipped[50]! ^ 1
    expect(title(flipped)).toContain("the checksum of IDAT is wrong")
  })

  it("with more than 100 million pixels are refused", () => {
    const huge = Buffer.from(pictures["image/jpeg"])
    const frame = huge.indexOf(Buffer.from([0xff, 0xc0]))
    huge.writeUInt16BE(20_000, frame + 5)
    huge.writeUInt16BE(20_000, frame + 7)
    expect(checkPhoto(huge)).toMatchObject({ ok: false, problem: { code: "photo-too-large" } })
  })
})
