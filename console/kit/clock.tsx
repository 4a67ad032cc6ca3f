import { durationText } from "../time.ts"

type Clock = { starts_at: number; ends_at: number }

/** How much of a clock is left: text, share 0…1 still there, and whether it is overdue. */
export function clockLeft(clock: Clock, now: number): { text: string; share: number; over: boolean } {
  const left = clock.ends_at - now
  const whole = Math.max(1, clock.ends_at - clock.starts_at)
  return { text: durationText(left), share: Math.max(0, Math.min(1, left / whole)), over: left < 0 }
}

/** Remaining time as digits; red only when overdue. */
export function ClockText({ clock, now, className = "" }: { clock: Clock; now: number; className?: string }) {
  const { text, over } = clockLeft(clock, now)
  return <span className={`${className} ${over ? "c1 b" : ""}`}>{text}</span>
}

/** The bar under a row: what is left of the clock; full and red once it is overdue. */
export function ClockBar({ clock, now }: { clock: Clock; now: number }) {
  const { share, over } = clockLeft(clock, now)
  return (
    <div className={`bar ${over ? "hot" : ""}`}>
      <i style={{ width: `${over ? 100 : Math.round(share * 100)}%` }} />
    </div>
  )
}
