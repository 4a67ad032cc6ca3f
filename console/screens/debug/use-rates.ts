import { useEffect, useRef, useState } from "react"
import { ratesBetween, type Sample } from "./parts.ts"

const kept = 150
const apart_ms_min = 500

/** Change per second of each number, from one answer to the next, over the last minutes that the page was open. */
export function useRates(numbers: Record<string, number> | undefined): Record<string, number[]> {
  const last = useRef<Sample | null>(null)
  const [rates, setRates] = useState<Record<string, number[]>>({})
  useEffect(() => {
    if (!numbers) return
    const now = { at: Date.now(), numbers }
    const before = last.current
    if (before && now.at - before.at < apart_ms_min) return
    last.current = now
    if (!before) return
    const fresh = ratesBetween(before, now)
    setRates((old) =>
      Object.fromEntries(
        Object.entries(fresh).map(([name, rate]) => [name, [...(old[name] ?? []), rate].slice(-kept)]),
      ),
    )
  }, [numbers])
  return rates
}
