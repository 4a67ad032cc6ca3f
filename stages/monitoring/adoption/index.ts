import { type Problem, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import type { UnknownValue } from "../doors/delivery.ts"
import { brief } from "../refused.ts"
import type { QuarantineEntry } from "../store.ts"
import * as store from "./store.ts"

/** Indicators of unknown devices that are kept at most; what comes beyond goes to quarantine. */
export const unknown_max = 20_000

export type Adoption = {
  /** Keeps values for adoption; what finds no room comes back as entries of quarantine. */
  keep(values: UnknownValue[]): Promise<QuarantineEntry[]>
  /** After a device was adopted or forgotten. */
  relearn(): Promise<void>
}

const keyOf = (v: store.UnknownKey) => `${v.device}\n${v.indicator}`

/** The list of devices that speak and are not registered, with their first readings. */
export async function openAdoption(app: App): Promise<Adoption> {
  const { sql, clock } = app
  let known = new Set<string>()
  const relearn = async () => {
    known = new Set((await store.loadKeys(sql.db)).map(keyOf))
  }
  await relearn()
  return {
    relearn,
    async keep(values) {
      const groups = new Map<string, UnknownValue[]>()
      const left_over: QuarantineEntry[] = []
      for (const said of values) {
        const v = { ...said, device: store.clean(said.device), indicator: store.clean(said.indicator) }
        const key = keyOf(v)
        if (!known.has(key) && known.size >= unknown_max) {
          const payload = Buffer.from(JSON.stringify(v))
          const entry = { door: v.door, client: v.client, topic: "", payload, problem: brief(full(v.device)) }
          left_over.push({ ...entry, arrived_at: clock.wall() })
          continue
        }
        known.add(key)
        const group = groups.get(key)
        if (group) group.push(v)
        else groups.set(key, [v])
      }
      if (groups.size > 0) await store.addValues(sql.db, [...groups.values()], clock.wall())
      return left_over
    },
  }
}

const full = (device: string): Problem =>
  problem(
    "adoption-full",
    507,
    `设备 ${device} 未登记，且待认领列表已满（${unknown_max} 项）；请先认领或清除`,
    `The device ${device} is not registered and the adoption list is full (${unknown_max}); adopt or clear some first`,
    { field: "device", value: device },
  )
