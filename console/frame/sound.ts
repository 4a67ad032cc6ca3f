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

/** Rings once for each level 1 or 2 alarm that was not in the list before. */
export function useAlarmSound(alarms: AlarmRow[] | undefined, live: boolean): void {
  const known = useRef<Set<number> | null>(null)
  useEffect(() => {
    if (!alarms || !live) return
    const urgent = alarms.filter((a) => a.severity <= 2 && a.acknowledged_at === null && a.condition === "raised")
    const fresh = known.current === null ? [] : urgent.filter((a) => !known.current!.has(a.id))
    known.current = new Set([...(known.current ?? []), ...alarms.map((a) => a.id)])
    if (fresh.length && mutedStore.get() === "no") ring(fresh.some((a) => a.severity === 1) ? 1 : 2)
  }, [alarms, live])
}
