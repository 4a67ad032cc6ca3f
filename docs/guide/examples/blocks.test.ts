/** The example message of the guide is one, and says what stands beside it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { decodeBlocks, type WireBlock } from "../../../platform/blocks/index.ts"

it("the message in blocks.md can be read", () => {
  const page = readFileSync(join(import.meta.dirname, "../blocks.md"), "utf8")
  const hex = /```hex\n([^`]+)```/.exec(page)?.[1]?.replace(/\s/g, "") ?? ""
  const blocks: WireBlock[] = []
  expect(decodeBlocks(Buffer.from(hex, "hex"), (block) => blocks.push(block))).toEqual({
    ok: true,
    value: { blocks: 1, problems: [] },
  })
  const { data, ...block } = blocks[0]!
  expect(block).toMatchObject({ device: "B-01", indicator: "acc_z", unit: "mg", rate_hz: 50, count: 3 })
  expect(block.start).toBe(Date.parse("2026-11-24T08:00:00+08:00"))
  const raw = Buffer.from(data)
  expect([0, 1, 2].map((k) => raw.readInt16LE(k * 2) * block.scale + block.offset)).toEqual([0, 1.25, -2.5])
})
