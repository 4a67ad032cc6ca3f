import type { Settings } from "../settings.ts"

/** What the settings no longer keep at city time `now`. */
export function retention(
  settings: Pick<Settings, "keep_readings_days" | "keep_waveforms_days" | "keep_rollups_days">,
  now: number,
) {
  const before = (days: number) => now - days * 86_400_000
  return {
    readings_before: before(settings.keep_readings_days),
    waves_before: before(settings.keep_waveforms_days),
    rollups_before: before(settings.keep_rollups_days),
  }
}
