import { useLayoutEffect, useState } from "react"
import { type ThemeName, themeStore } from "../../theme/index.ts"

const kept = "mingmai.theme"

/**
 * Shows a screen in one theme whatever the person chose, and leaves the choice as it was.
 * True once the theme is in place: the map takes its colours when it is made.
 */
export function useFixedTheme(theme: ThemeName): boolean {
  const [ready, setReady] = useState(false)
  useLayoutEffect(() => {
    const chosen = themeStore.get()
    themeStore.set(theme)
    // The store remembers what it is set to; the person's own choice is put back at once.
    remember(chosen)
    setReady(true)
    return () => themeStore.set(chosen)
  }, [theme])
  return ready
}

function remember(theme: ThemeName): void {
  try {
    localStorage.setItem(kept, theme)
  } catch (error) {
    console.warn("the theme could not be kept", error)
  }
}
