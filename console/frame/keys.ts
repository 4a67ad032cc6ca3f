import { useEffect, useRef } from "react"

export type Keys = Record<string, () => void>

/** Listens for keys while the screen is open; typing into a field is left alone. */
export function useKeys(keys: Keys): void {
  const current = useRef(keys)
  current.current = keys
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
      if (typing && event.key !== "Escape") return
      if (event.key === "Enter" && /^(BUTTON|A)$/.test(target.tagName) && !target.classList.contains("al")) return
      const run = current.current[event.key.length === 1 ? event.key.toLowerCase() : event.key]
      if (!run) return
      event.preventDefault()
      run()
    }
    addEventListener("keydown", pressed)
    return () => removeEventListener("keydown", pressed)
  }, [])
}
