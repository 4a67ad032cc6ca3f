/** What the balance detector and its evidence share. */
import type { LedgerEvent } from "./leak-ledger.ts"
import type { PressureSensor } from "./pressure-memory.ts"

export const balance_rule = "water.leak-balance"
export const balance_version = 1

export type BalanceFacts = {
  meters: { point: number; sign: 1 | -1 }[]
  tanks: { point: number; area_m2: number }[]
  /** Customers inside, subtracted from the balance. */
  customers: number[]
  /** Customers whose demand scales the expectation; empty where there are too few. */
  index: number[]
  pressures: PressureSensor[]
}

export type BalanceEvent = LedgerEvent & {
  facts: BalanceFacts
  expected: number
  actual: number
  sigma: number
  weeks_compared: number
  demand_index: number | null
  night_flow: number
  open_leaks: number
  open_total: number
  sensors: { sensor: PressureSensor; drop_m: number }[]
}
