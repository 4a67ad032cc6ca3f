/** How a point's values relate to time: at an instant, or as mean or total of an interval that ends at the stamp. */
export type ValueKind = "instant" | "interval_mean" | "interval_total"

/** A device: one thing with a credential that says readings. */
export type Device = {
  id: number
  code: string
  name: string
  lifeline: string
  kind: string
  asset_id: number | null
  gateway_id: number | null
  owner_id: number | null
  simulated: boolean
}

/** A point: the pair (device, indicator). Its id is a small integer used in columns. */
export type Point = {
  id: number
  device_id: number
  indicator: string
  unit: string
  interval_ms: number
  value_kind: ValueKind
  /** What the point measures: an asset, and the role it has for that asset ("inflow" of an area, "node" …). */
  asset_id: number | null
  range_min: number | null
  range_max: number | null
}

/** State of a device as seen from its readings; a device state is never an alarm on a value. */
export type DeviceState = "never_heard" | "online" | "silent"
