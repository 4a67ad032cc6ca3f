import { connectMqtt } from "../../platform/mqtt/index.ts"
import { until } from "../processes.ts"
import { cityOf } from "./city.ts"
import { findReadings, withSeries } from "./found.ts"
import { type FaultResult, resultOf } from "./result.ts"
import { blocksOf, deviceOf, minute_ms, pressureOf, type Reading, street_points, timeOf } from "./town.ts"

const day_ms = 86_400_000
const gateway_code = "gw-water"
/** Three years in minutes. */
const years = (3 * 365 * day_ms) / minute_ms

/**
 * Clocks that are wrong: the city's jumps years ahead and is told to go back, and devices' are years off. Readings that
 * are too old or from the future are refused, each of them, and said; late ones are kept and marked; the rest is there.
 */
export async function clockJumps(): Promise<FaultResult> {
  const city = await cityOf("clock")
  const wrong: string[] = []
  const kept: Reading[] = []
  let told = 0
  try {
    await city.start()
    const login = (await city.clock())!
    const connect = () => connectMqtt({ ...login, client_id: "clock-jumps", onMessage: () => void told++ })
    let client = await connect()
    await client.subscribe([`v1/gateways/${gateway_code}/errors`])
    const tick = (step: number) => client.publish("v1/clock", JSON.stringify({ time: timeOf(step) }))
    /** A reading of every point at a step; they are acknowledged whatever becomes of them. */
    const speak = async (step: number, taken: boolean) => {
      const readings = Object.fromEntries(
        Array.from({ length: street_points }, (_, p) => [deviceOf(p), { pressure_m: pressureOf(p, step) }]),
      )
      await client.publish(`v1/gateways/${gateway_code}/readings`, JSON.stringify({ time: timeOf(step), readings }))
      if (taken) for (let point = 0; point < street_points; point++) kept.push({ point, step })
    }
    const expectTime = async (step: number, when: string) => {
      const { numbers } = await city.operate()
      if (numbers.mingmai_city_time_seconds !== timeOf(step) / 1000) wrong.push(`city time is wrong ${when}`)
    }
    const refused = async () => {
      const all = (await city.quarantined()).items
      return { too_old: all.filter((q) => q.code === "too-old"), future: all.filter((q) => q.code === "future") }
    }
    for (let step = 0; step < 10; step++) {
      await tick(step)
      await speak(step, true)
    }
    // Devices whose clocks are years off, behind and ahead, also in waveforms.
    await speak(10 - years, false)
    await speak(10 + years, false)
    for (const off of [-years, years]) {
      const { topic, payload } = blocksOf(10 + off)
      await client.publish(topic, payload)
    }
    // Within the tolerance ahead, and late within the window: kept, the latter marked.
    await speak(12, true)
    await tick(200)
    await speak(20, true)
    await expectTime(200, "after a step")
    await tick(years)
    await speak(100, false)
    await speak(years, true)
    await expectTime(years, "after a jump ahead")
    for (const back of [1, 150, 200]) await tick(back)
    await speak(years + 1, true)
    await expectTime(years, "after ticks that go back")
    await city.settled()
    const of_device = street_points
    const of_bridge = 4
    const found = await refused()
    if (found.too_old.length !== 2 * of_device + of_bridge)
      wrong.push(`${found.too_old.length} were refused as too old, ${2 * of_device + of_bridge} were`)
    if (found.future.length !== of_device + of_bridge)
      wrong.push(`${found.future.length} were refused as from the future, ${of_device + of_bridge} were`)
    await until(() => told >= 3 * of_device, 10_000, `the sender was told ${told} times, not ${3 * of_device} times`)
    await client.close()
    await city.stop()
    await city.start()
    await expectTime(years, "after a restart")
    Object.assign(login, await city.clock())
    client = await connect()
    await tick(5)
    await speak(years + 2, true)
    await client.close()
    await city.stop()
    const compared = await withSeries(city.folder, async (series) => {
      const marked = await series.history(city.street, timeOf(20), timeOf(21), 10)
      if (marked.some((c) => c.time.length !== 1 || (c.quality[0]! & 16) === 0))
        wrong.push("late readings are not marked late")
      const near = kept.filter((k) => k.step < years)
      const far = kept.filter((k) => k.step >= years).map(({ point, step }) => ({ point, step: step - years }))
      const values = await series.history(city.street, timeOf(years), timeOf(years + 10), 100)
      for (const { point, step } of far) {
        const curve = values.find((c) => c.point === city.street[point])
        const at = curve?.time.indexOf(timeOf(step + years)) ?? -1
        if (curve?.value[at] !== pressureOf(point, step + years)) wrong.push(`reading ${point}@${step} after the jump`)
      }
      const found = await findReadings(series, city.street, near)
      return { ...found, acknowledged: kept.length }
    })
    return resultOf(
      "clock jumps",
      `${found.too_old.length} too old and ${found.future.length} from the future refused and in quarantine, ${told} told to the sender`,
      [compared],
      wrong,
    )
  } finally {
    await city.remove()
  }
}
