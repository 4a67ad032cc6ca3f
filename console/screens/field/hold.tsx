import { type ReactNode, useEffect, useRef, useState } from "react"

const hold_ms = 1_000

/** The one big button: pressed for a second, so that no glove or pocket sets it off. Keys hold it too. */
export function Hold({ children, disabled, onDone }: { children: ReactNode; disabled?: boolean; onDone(): void }) {
  const [held, setHeld] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  const stop = () => {
    if (timer.current !== null) clearTimeout(timer.current)
    timer.current = null
    setHeld(false)
  }
  const start = () => {
    if (disabled || timer.current !== null) return
    setHeld(true)
    timer.current = setTimeout(() => {
      stop()
      navigator.vibrate?.(40)
      onDone()
    }, hold_ms)
  }
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current)
    },
    [],
  )
  return (
    <button
      type="button"
      className="fb"
      disabled={disabled}
      onPointerDown={(event) => {
        if (event.button === 0) start()
      }}
      onPointerUp={stop}
      onPointerLeave={stop}
      onPointerCancel={stop}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") start()
      }}
      onKeyUp={stop}
      onBlur={stop}
      onContextMenu={(event) => event.preventDefault()}
    >
      {children}
      <span className={`hold ${held ? "on" : ""}`} />
    </button>
  )
}
