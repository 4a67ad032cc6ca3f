import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../../../platform/random/index.ts"
import type { Item, Part } from "./http-items.ts"
import { decodeInflux, type InfluxOptions, precisionNs } from "./influx.ts"
import { decodeJson } from "./json.ts"
import { decodeNdjson } from "./ndjson.ts"

const time = 1_795_478_400_000
const options = (given: Partial<InfluxOptions> = {}): InfluxOptions => ({
  unit_ns: 1,
  now: time,
  device_tags: ["device", "host"],
  own_device: null,
  known: () => false,
  ...given,
})
const all = (read: (at: number, line: number) => Part): Item[] => {
  const items: Item[] = []
  for (let next: Part["next"] = { at: 0, line: 1 }; next; ) {
    const part = read(next.at, next.line)
    items.push(...part.items)
    next = part.next
  }
  return items
}
const influx = (text: string, given: Partial<InfluxOptions> = {}) =>
  all((at, line) => decodeInflux(text, options(given), at, line))
const values = (items: Item[]) => items.flatMap((i) => i.decoded.values.map((v) => ({ line: i.at, ...v })))
const problems = (items: Item[]) =>
  items.flatMap((i) => i.decoded.problems.map((p) => ({ line: i.at, code: p.problem.code, field: p.problem.field })))

describe("line protocol", () => {
  test("a line becomes values of its device, each field an indicator", () => {
    const items = influx(`water,device=P-12 pressure_m=31.4,flow_m3h=12i,total=7u ${time}000000`)
    expect(problems(items)).toEqual([])
    const one = { line: 1, device: "P-12", time, sequence: 0, unit: null, flags: 0 }
    expect(values(items)).toEqual([
      { ...one, indicator: "pressure_m", value: 31.4 },
      { ...one, indicator: "flow_m3h", value: 12 },
      { ...one, indicator: "total", value: 7 },
    ])
  })
  test.each([
    ["1", 1],
    ["-1.5e3", -1500],
    [".5", 0.5],
    ["-3i", -3],
    ["3u", 3],
    ["t", 1],
    ["TRUE", 1],
    ["false", 0],
    ["F", 0],
  ])("the number %s", (raw, value) => expect(values(influx(`m,device=d x=${raw}`))[0]?.value).toBe(value))
  test.each(["NaN", "Inf", "-inf", "1e999", "1i2", "-3u", "0x10", "tRUE", "1,", "", "--1", "i"])(
    "%j is no number",
    (raw) => {
      const items = influx(`m,device=d x=${raw} ${time}000000`)
      expect(values(items).filter((v) => v.indicator === "x")).toEqual([])
      expect(problems(items).length).toBe(1)
    },
  )
  test("texts are refused with a reason, with whatever is in them; the numbers beside them stand", () => {
    const items = influx(
      `m,device=d a="x y, z=1 \\"q\\" \\\\",b=2 ${time}000000\nm,device=d t="two\nlines",c=3 ${time}000000\nm,device=d e=4 ${time}000000`,
    )
    expect(values(items).map((v) => [v.line, v.indicator, v.value])).toEqual([
      [1, "b", 2],
      [2, "c", 3],
      [4, "e", 4],
    ])
    expect(problems(items)).toEqual([
      { line: 1, code: "not-a-number", field: "a" },
      { line: 2, code: "not-a-number", field: "t" },
    ])
  })
  test("a text without an end gives up its line only", () => {
    const items = influx(`m,device=d a="never\nm,device=d b=2 ${time}000000`)
    expect(values(items).map((v) => [v.line, v.indicator])).toEqual([[2, "b"]])
    expect(problems(items)).toEqual([{ line: 1, code: "bad-line", field: "line" }])
  })
  test("escapes in names, and a backslash that is none", () => {
    const items = influx(String.raw`a\ b\,c=d,device=P\ 1\,2\=3\x f\ 1\=2=5 1`)
    expect(values(items)[0]).toMatchObject({ device: "P 1,2=3\\x", indicator: "f 1=2", value: 5 })
  })
  test("comments, empty lines and CRLF", () => {
    const items = influx(`# hello\r\n\r\n  \nm,device=d x=1 ${time}000000\r\nm,device=d y=2 ${time}000000\r\n`)
    expect(values(items).map((v) => [v.line, v.indicator])).toEqual([
      [4, "x"],
      [5, "y"],
    ])
    expect(problems(items)).toEqual([])
  })
  test.each([
    ["ns", "1795478400123456789", time + 123, 456_789],
    ["us", "1795478400123456", time + 123, 456_000],
    ["ms", "1795478400123", time + 123, 0],
    ["s", "1795478400", time, 0],
    ["m", "29924640", time, 0],
    ["h", "498744", time, 0],
    [undefined, "5", 0, 5],
  ])("a time in %s", (precision, said, ms, below) =>
    expect(values(influx(`m,device=d x=1 ${said}`, { unit_ns: precisionNs(precision)! }))[0]).toMatchObject({
      time: ms,
      sequence: below,
    }),
  )
  test("no time means now; other times are refused", () => {
    expect(values(influx("m,device=d x=1"))[0]?.time).toBe(time)
    expect(problems(influx("m,device=d x=1 -5\nm,device=d x=1 1.5\nm,device=d x=1 99999999999999999999"))).toEqual(
      [1, 2, 3].map((line) => ({ line, code: "bad-field", field: "time" })),
    )
    expect(precisionNs("years")).toBeUndefined()
    expect(precisionNs("constructor")).toBeUndefined()
  })
  test("which device, which indicator", () => {
    const has = (...names: string[]) => ({ known: (_d: string, i: string) => names.includes(i) })
    const indicator = (line: string, given: Partial<InfluxOptions>) => values(influx(line, given))[0]?.indicator
    expect(indicator("cpu,host=a usage=1", has("usage", "cpu_usage"))).toBe("usage")
    expect(indicator("cpu,host=a usage=1", has("cpu_usage", "cpu"))).toBe("cpu_usage")
    expect(indicator("pressure_m,host=a value=1", has("pressure_m"))).toBe("pressure_m")
    expect(indicator("pressure_m,host=a value=1", {})).toBe("pressure_m")
    expect(indicator("cpu,host=a usage=1", {})).toBe("usage")
    expect(values(influx("m,host=a,device=b x=1"))[0]?.device).toBe("b")
    expect(values(influx("m,station=s,host=a x=1", { device_tags: ["station"] }))[0]?.device).toBe("s")
    expect(values(influx("m,host=a x=1", { own_device: "mine" }))[0]?.device).toBe("mine")
    expect(problems(influx("m,x=1 y=2"))).toEqual([{ line: 1, code: "bad-field", field: "device" }])
  })
  test("any names and numbers come back as they were", () => {
    const word = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
      .filter((s) => s !== "value" && !/[\\\n\r"#\t]|^ /.test(s))
    const escaped = (s: string) => s.replace(/[,= ]/g, "\\$&")
    const line = fc.record({
      device: word,
      fields: fc.dictionary(word, fc.double({ noNaN: true, noDefaultInfinity: true }), { minKeys: 1, maxKeys: 4 }),
      ms: fc.nat(8e12),
    })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const text = lines
          .map(
            (l) =>
              `m,device=${escaped(l.device)} ${Object.entries(l.fields)
                .map(([k, v]) => `${escaped(k)}=${v}`)
                .join(",")} ${l.ms}`,
          )
          .join("\n")
        const items = influx(text, { unit_ns: 1e6 })
        expect(problems(items)).toEqual([])
        expect(values(items).map((v) => [v.line, v.device, v.indicator, v.value, v.time])).toEqual(
          lines.flatMap((l, i) => Object.entries(l.fields).map(([k, v]) => [i + 1, l.device, k, v + 0, l.ms])),
        )
      }),
    )
  })
  test("many lines come in parts, each once, with their numbers", () => {
    const items = influx(Array.from({ length: 5001 }, (_, i) => `m,device=d x=${i} ${i}`).join("\n"), { unit_ns: 1e6 })
    expect(values(items).map((v) => v.value)).toEqual(Array.from({ length: 5001 }, (_, i) => i))
    expect(values(items).every((v) => v.line === v.value + 1)).toBe(true)
  })
})

const ndjson = (text: string, own: string | null = null) =>
  all((at, line) => decodeNdjson(Buffer.from(text), own, at, line))

describe("NDJSON", () => {
  test("good lines stand, bad ones are named", () => {
    const items = ndjson(
      [
        `{"time":${time},"device":"a","values":{"x":1}}`,
        "{nonsense",
        "",
        `[{"time":${time},"device":"b","values":{"x":2}},{"time":"soon","device":"b","values":{"x":3}}]\r`,
        `{"time":${time},"readings":{"c":{"x":4,"y":null}}}`,
        `"${"x".repeat(300_000)}"`,
        "7",
      ].join("\n"),
    )
    expect(values(items).map((v) => [v.line, v.device, v.value])).toEqual([
      [1, "a", 1],
      [4, "b", 2],
      [5, "c", 4],
    ])
    expect(problems(items)).toEqual([
      { line: 2, code: "not-json", field: "payload" },
      { line: 4, code: "bad-field", field: "[1].time" },
      { line: 5, code: "not-a-number", field: "readings.c.y" },
      { line: 6, code: "too-large", field: "line" },
      { line: 7, code: "bad-field", field: "" },
    ])
  })
  test("parts carry on where the last one ended", () => {
    const text = Array.from({ length: 4100 }, (_, i) => `{"time":${time},"values":{"x":${i}}}`).join("\n")
    expect(values(ndjson(text, "me")).map((v) => v.line! - 1)).toEqual(Array.from({ length: 4100 }, (_, i) => i))
  })
})

test("JSON: the place of a value in its list is found again", () => {
  const items = [
    { time, device: "a", values: { x: 1 } },
    { time: "soon", device: "a", values: { x: 2 } },
    { time: "2026-11-24T08:00:00+08:00", readings: { b: { y: 3 } } },
    null,
  ]
  const read = decodeJson(Buffer.from(JSON.stringify(items)), null)
  expect(read.ok).toBe(true)
  if (!read.ok) return
  expect(read.value.decoded.values.map((v) => read.value.itemOf(v))).toEqual([0, 2])
  expect(read.value.decoded.problems.length).toBe(2)
  const single = decodeJson(Buffer.from(JSON.stringify(items[0])), null)
  expect(single.ok && single.value.itemOf(single.value.decoded.values[0]!)).toBe(null)
})

/** Cuts, doubles, swaps and overwrites pieces of a message. */
function mutated(text: string, random: ReturnType<typeof seededRandom>): string {
  const bytes = Buffer.from(text)
  const pieces = random.whole(1, 3)
  for (let i = 0; i < pieces; i++) {
    const at = random.whole(0, bytes.length - 1)
    if (random.chance(0.7))
      bytes[at] = random.chance(0.5)
        ? random.whole(0, 255)
        : random.pick([...'\\"=, \n\r\0{}[]1eiu'].map((c) => c.charCodeAt(0)))
    else bytes.copyWithin(at, random.whole(0, bytes.length - 1))
  }
  return bytes.subarray(0, random.chance(0.2) ? random.whole(0, bytes.length) : bytes.length).toString("latin1")
}

test("no mutated message makes a decoder throw, loop or invent a number", () => {
  const random = seededRandom(11)
  const line = `a\\ b,device=P\\,1,host=h x=1.5,y=2i,z="t \\"q\\"\nm",w=t ${time}000000\n# c\nm,host=a v=1e3,k=2u 5\n`
  const json = `{"time":${time},"device":"a","values":{"x":1},"units":{"x":"m"},"flags":["device"]}\n[{"time":"2026-11-24T08:00:00+08:00","readings":{"b":{"y":3}}}]\n`
  const runs = Number(process.env.FUZZ_RUNS ?? 10_000)
  for (let i = 0; i < runs; i++) {
    const influx_items = influx(mutated(line, random))
    const json_items = ndjson(mutated(json, random))
    for (const v of [...values(influx_items), ...values(json_items)]) {
      const sound =
        Number.isFinite(v.value) && Number.isSafeInteger(v.time) && v.time >= 0 && Number.isSafeInteger(v.sequence)
      if (!sound || v.sequence > 2_147_483_647 || typeof v.device !== "string")
        throw new Error(`run ${i}: ${JSON.stringify(v)}`)
    }
  }
  expect(runs).toBeGreaterThan(0)
})
