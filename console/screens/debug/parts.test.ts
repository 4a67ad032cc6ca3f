import { expect, test } from "vitest"
import { bytesEach, doorNumbers, fullness, grouped, msText, ratesBetween, shareOf, sparkPath } from "./parts.ts"

test("a queue is calm, watched or tight by its share; without a limit it is calm", () => {
  expect([10, 60, 84, 85].map((v) => fullness(v, 100))).toEqual(["calm", "watch", "watch", "tight"])
  expect(fullness(5, 0)).toBe("calm")
  expect([shareOf(150, 100), shareOf(-1, 100), shareOf(1, 0)]).toEqual([1, 0, 0])
})

test("rates are per second; a counter begun anew counts from zero", () => {
  expect(ratesBetween({ at: 0, numbers: { a: 10, b: 500 } }, { at: 2000, numbers: { a: 30, b: 20, c: 4 } })).toEqual({
    a: 10,
    b: 10,
    c: 0,
  })
})

test("numbers stand in the group of their part of the road; a door's counters are numbers too", () => {
  expect(grouped(["mingmai_commit_ms_p99", "mingmai_readings_total", "mingmai_mqtt_clients", "x"])).toEqual([
    { id: "doors", names: ["mingmai_mqtt_clients"] },
    { id: "readings", names: ["mingmai_readings_total"] },
    { id: "commit", names: ["mingmai_commit_ms_p99"] },
    { id: "machine", names: ["x"] },
  ])
  expect(
    doorNumbers([{ name: "mqtt", clients: 1, held: 0, held_bytes: 0, limited_clients: 0, messages: 7 }]),
  ).toMatchObject({
    "mqtt.clients": 1,
    "mqtt.messages": 7,
  })
  expect([bytesEach(10, 4), bytesEach(10, 0)]).toEqual([2.5, null])
})

test("a missing value breaks the sparkline", () => {
  expect(sparkPath([1, null, 2], 10, 10)).toBe("M0.0 5.0M10.0 1.0")
  expect(sparkPath([null, null], 10, 10)).toBe("")
  expect([3.84, 112.2, 43_075, null].map(msText)).toEqual(["3.8 ms", "112 ms", "43.1 s", "—"])
})
