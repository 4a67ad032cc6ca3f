import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { quality } from "../../model/index.ts"
import { decodeReadings, instant, message_bytes_max } from "./decode.ts"

const bytes = (body: unknown) => Buffer.from(typeof body === "string" ? body : JSON.stringify(body))
const decoded = (body: unknown, device: string | null = "d1") => {
  const result = decodeReadings(bytes(body), device)
  if (!result.ok) throw new Error(result.problem.code)
  return result.value
}
const time = Date.UTC(2026, 10, 24)

describe("the three forms of a message", () => {
  test("one item, with sequence, unit and flags", () => {
    expect(decoded({ time, sequence: 2, values: { p: 1.5 }, units: { p: "kPa" }, flags: ["maintenance"] })).toEqual({
      values: [
        { device: "d1", indicator: "p", time, sequence: 2, value: 1.5, unit: "kPa", flags: quality.maintenance },
      ],
      problems: [],
    })
  })
  test("a list of items; the topic's device goes before the item's", () => {
    const { values } = decoded([
      { time, values: { a: 1, b: 2 } },
      { time: "2026-11-24T08:00:01+08:00", device: "x", values: { a: 3 } },
    ])
    expect(values.map((v) => [v.device, v.indicator, v.time, v.value])).toEqual([
      ["d1", "a", time, 1],
      ["d1", "b", time, 2],
      ["d1", "a", time + 1000, 3],
    ])
  })
  test("a gateway's items name their device, and the compact form does by its keys", () => {
    expect(decoded([{ time, device: "x", values: { a: 1 } }], null).values[0]?.device).toBe("x")
    const compact = decoded({ time, readings: { x: { a: 1 }, y: { a: 2, b: 3 } } }, null)
    expect(compact.values.map((v) => `${v.device}/${v.indicator}=${v.value}`)).toEqual(["x/a=1", "y/a=2", "y/b=3"])
  })
  test("on a device's own topic the compact form speaks for no other device", () => {
    const { values, problems } = decoded({ time, readings: { d1: { a: 1 }, x: { a: 2 } } }, "d1")
    expect(values.map((v) => `${v.device}/${v.indicator}=${v.value}`)).toEqual(["d1/a=1"])
    expect(problems).toMatchObject([{ device: "d1", problem: { code: "wrong-device", field: "readings.x" } }])
  })
})

describe("what cannot be read", () => {
  test.each([
    ["no JSON", "{", "not-json", "payload"],
    ["too many items", JSON.stringify(Array.from({ length: 5001 }, () => 0)), "too-many", "payload"],
    ["too many bytes", " ".repeat(message_bytes_max + 1), "too-large", "payload"],
  ])("%s refuses the message", (_name, body, code, field) => {
    const result = decodeReadings(bytes(body), "d1")
    expect(result).toMatchObject({ ok: false, problem: { code, field } })
  })
  test.each([
    ["a number instead of an item", 7, "", "bad-field"],
    ["a time without a zone", { time: "2026-11-24T00:00:00", values: { a: 1 } }, "time", "bad-field"],
    ["words for a time", { time: "yesterday 1 Z", values: { a: 1 } }, "time", "bad-field"],
    ["a sequence of a half", { time, sequence: 0.5, values: { a: 1 } }, "sequence", "bad-field"],
    ["an unknown flag", { time, flags: ["odd"], values: { a: 1 } }, "flags", "bad-field"],
    ["a flag every object has", { time, flags: ["constructor"], values: { a: 1 } }, "flags", "bad-field"],
    ["a flag in a list", { time, flags: [["device"]], values: { a: 1 } }, "flags", "bad-field"],
    ["text for a value", { time, values: { a: "1" } }, "values.a", "not-a-number"],
    ["no values", { time }, "values", "bad-field"],
    ["readings of no map", { time, readings: { d1: 1 } }, "readings.d1", "bad-field"],
  ])("%s is a problem that names its field", (_name, body, field, code) => {
    const { values, problems } = decoded(body)
    expect(values).toEqual([])
    expect(problems).toHaveLength(1)
    expect(problems[0]?.problem).toMatchObject({ field, code })
  })
  test("one bad item of a list names its place and leaves the others", () => {
    const { values, problems } = decoded(
      `[{"time":${time},"values":{"a":1}},{"time":"?"},{"time":${time},"values":{"a":1e999,"b":2}}]`,
    )
    expect(values.map((v) => v.indicator)).toEqual(["a", "b"])
    expect(problems.map((p) => p.problem.field)).toEqual(["[1].time", "[2].values.a"])
  })
  test("a gateway's item without a device", () => {
    expect(decoded({ time, values: { a: 1 } }, null).problems[0]?.problem.field).toBe("device")
  })
  test("lists in lists, 100,000 deep", () => {
    const { problems } = decoded("[".repeat(100_000) + "]".repeat(100_000))
    expect(problems).toHaveLength(1)
  })
})

test("instants: whole UTC milliseconds or ISO 8601 with a zone", () => {
  for (const good of [0, time, "2026-11-24T00:00Z", "2026-11-24 08:00:00.5+08:00", "2026-11-24T08:00:00+0800"])
    expect(instant(good)).not.toBeNull()
  for (const bad of [
    -1,
    1.5,
    1e16,
    Number.NaN,
    null,
    {},
    "",
    "Z",
    "2026 Z",
    "Mon, 1 Jan 2026 00:00 +0000",
    "2026-13-01T00:00Z",
  ])
    expect(instant(bad)).toBeNull()
})

const anything = fc.oneof(fc.json({ maxDepth: 5 }), fc.string(), fc.uint8Array({ maxLength: 200 }))
test("whatever comes in, nothing throws", () => {
  fc.assert(
    fc.property(anything, fc.option(fc.string()), (body, device) => {
      const payload = typeof body === "string" ? Buffer.from(body) : body
      const result = decodeReadings(payload, device)
      if (result.ok)
        for (const v of result.value.values) expect(Number.isFinite(v.value) && Number.isSafeInteger(v.time)).toBe(true)
    }),
    { numRuns: 400 },
  )
})

const junk = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.string(),
  fc.constant(null),
  fc.boolean(),
  fc.constant([]),
  fc.constant({}),
)
const item = fc.record(
  {
    time: fc.oneof({ weight: 4, arbitrary: fc.constant<unknown>(time) }, { weight: 1, arbitrary: junk }),
    sequence: fc.oneof(fc.nat(), junk),
    values: fc.oneof({ weight: 4, arbitrary: fc.dictionary(fc.string(), junk) }, { weight: 1, arbitrary: junk }),
  },
  { requiredKeys: ["time", "values"] },
)
test("every value is either taken or has a problem, and every item that says nothing has one", () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 8 }), (items) => {
      const sent = JSON.parse(JSON.stringify(items)) as { time: unknown; sequence?: unknown; values: unknown }[]
      const { values, problems } = decoded(sent)
      let accounted = 0
      for (const one of sent) {
        const head =
          instant(one.time) !== null &&
          (one.sequence === undefined ||
            (Number.isInteger(one.sequence) &&
              (one.sequence as number) >= 0 &&
              (one.sequence as number) <= 2_147_483_647))
        const map = typeof one.values === "object" && one.values !== null && !Array.isArray(one.values)
        accounted += head && map ? Object.keys(one.values as object).length : 1
      }
      expect(values.length + problems.length).toBe(accounted)
    }),
  )
})
