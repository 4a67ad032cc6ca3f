import type { DeviceState } from "../../model/index.ts"

/** A device is silent when it missed three of its expected intervals and a minute of grace. */
export const silent_after_ms = (interval_ms: number) => 3 * interval_ms + 60_000

/** The state of a device at city time `now`; null where nothing changed. */
export function deviceState(
  current: DeviceState,
  last_time: number | null,
  interval_ms: number,
  now: number,
): DeviceState | null {
  const next: DeviceState =
    last_time === null ? "never_heard" : now - last_time > silent_after_ms(interval_ms) ? "silent" : "online"
  return next === current ? null : next
}
