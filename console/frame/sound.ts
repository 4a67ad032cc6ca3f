import { useEffect, useRef } from "react"
import type { AlarmRow } from "../api.ts"
import { remembered } from "../external.ts"

/** Whether new level 1 and 2 alarms are silent in this browser. */
export const mutedStore = remembered<"yes" | "no">("mingmai.muted", "no", ["yes", "no"])

let audio: AudioContext | null = null
/** Two falling tones for level 1, one for level 2; a browser that has not been clicked yet stays silent. */
function ring(level: 1 | 2): void {
  audio ??= new AudioContext()
  if (audio.state !== "running") return
  const tones = level === 1 ? [880, 660, 880, 660] : [740]
  tones.forEach((frequency, i) => {
    const oscillator = audio!.createOscillator()
    const gain = audio!.createGain()
    const start = audio!.currentTime + i * 0.22
    oscillator.frequency.value = frequency
    gain.gain.setValueAtTime(0, start)
    gain.gain.linearRampToValueAtTime(0.16, start + 0.02)
    gain.gain.linearRampToValueAtTime(0, start + 0.2)
    oscillator.connect(gain).connect(audio!.destination)
    oscillator.start(start)
    oscillator.stop(start + 0.21)
  })
}
addEventListener(
  "pointerdown",
  () => {
    audio ??= new AudioContext()
    void audio.resume()
  },
  { once: true },
)

/**
 * The worst level of what is new and urgent: unacknowledged level 1 or 2 alarms that were not listed before, or were
 * listed at a lighter level. Null where there is none, and on the first look, so that opening the desk is quiet.
 */
export function freshUrgent(
  known: ReadonlyMap<number, number> | null,
  alarms: Pick<AlarmRow, "id" | "severity" | "acknowledged_at" | "condition">[],
): 1 | 2 | null {
  if (known === null) return null
  const fresh = alarms.filter(
    (a) =>
      a.severity <= 2 && a.acknowledged_at === null && a.condition === "raised" && (known.get(a.id) ?? 5) > a.severity,
  )
  return fresh.length === 0 ? null : fresh.some((a) => a.severity === 1) ? 1 : 2
}

/** Rings once for each level 1 or 2 alarm that was not in the list before, or rose to it. */
export function useAlarmSound(alarms: AlarmRow[] | undefined, live: boolean): void {
  const known = useRef<ReadonlyMap<number, number> | null>(null)
  useEffect(() => {
    if (!alarms || !live) return
    const fresh = freshUrgent(known.current, alarms)
    known.current = new Map(alarms.map((a) => [a.id, a.severity]))
    if (fresh !== null && mutedStore.get() === "no") ring(fresh)
  }, [alarms, live])
}
