import { describe, expect, test } from "vitest"
import bridge from "../lifelines/bridge/index.ts"
import { readingBatch } from "../model/index.ts"
import { decodeBlocks, type WireBlock } from "../platform/blocks/index.ts"
import {
  appendBridgePast,
  bridge_rate_hz,
  bridgeBlocks,
  bridgeImport,
  bridgeReadings,
  riverCrossing,
} from "./bridge.ts"
import { makeTown } from "./town/index.ts"

const time = Date.UTC(2026, 10, 24, 0, 30)
const blocksAt = (end: number) => {
  const blocks: WireBlock[] = []
  const found = decodeBlocks(bridgeBlocks(end), (b) => blocks.push({ ...b, data: new Uint8Array(b.data) }))
  expect(found).toMatchObject({ ok: true, value: { problems: [] } })
  return blocks
}

describe("the living city's bridge", () => {
  test.each([1, 2, 7, 40])("town %i has a street over its river, no longer than a bridge is", (seed) => {
    const crossing = riverCrossing(makeTown(seed))!
    const [a, b] = [crossing.line[0]!, crossing.line.at(-1)!]
    const metres = Math.hypot((b[0] - a[0]) * 93_000, (b[1] - a[1]) * 111_000)
    expect(metres).toBeGreaterThan(40)
    expect(metres).toBeLessThan(600)
  })
  test("every device speaks of indicators that the lifeline declares, and every sensor says something", () => {
    const imported = bridgeImport(makeTown(7))!
    const declared = new Set(bridge.indicators.map((i) => i.id))
    for (const d of imported.devices) for (const p of d.points) expect(declared).toContain(p.indicator)
    const said = [...blocksAt(time).map((b) => b.device), ...Object.keys(bridgeReadings(time))]
    expect(imported.devices.map((d) => d.code).toSorted()).toEqual(said.toSorted())
  })
  test("seconds follow one another without a jump, and the same second is always the same", () => {
    const first = blocksAt(time)[0]!
    const next = blocksAt(time + 1000)[0]!
    expect(next.start - first.start).toBe((first.count * 1000) / bridge_rate_hz)
    expect(blocksAt(time)[0]!.data).toEqual(first.data)
    expect(next.data).not.toEqual(first.data)
  })
  test("the past comes in order of its window, with what the waveforms would have given", () => {
    const ids = new Map<string, number>()
    const id = (device: string, indicator: string) => {
      const key = `${device}/${indicator}`
      if (!ids.has(key)) ids.set(key, ids.size + 1)
      return ids.get(key)!
    }
    const batch = appendBridgePast(readingBatch(1), time, time + 3_600_000, id)
    expect(batch.n).toBe(6 * (5 + 8 * 3))
    expect([...ids.keys()]).toContain("QL-001-A01/acceleration_rms")
    expect([...batch.time.subarray(0, batch.n)].every((t) => t > time && t <= time + 3_600_000)).toBe(true)
  })
})
