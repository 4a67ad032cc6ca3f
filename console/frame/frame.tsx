import { Outlet, useNavigate } from "@tanstack/react-router"
import { Suspense, useEffect } from "react"
import { Loading } from "../kit/index.ts"
import { connectLive } from "../live.ts"
import { screens } from "../screens/index.tsx"
import { themeStore } from "../theme/index.ts"
import { Help } from "./help.tsx"
import { useKeys } from "./keys.ts"
import { Rail } from "./rail.tsx"
import { TimeBar } from "./time-bar.tsx"
import { Toasts } from "./toast.tsx"
import { TopLine } from "./top-line.tsx"

const go_ms = 1500
const goes: Record<string, string> = {
  d: "duty",
  c: "census",
  r: "risk",
  m: "monitoring",
  a: "analysis",
  w: "warning",
  p: "response",
  s: "supervision",
  t: "settings",
}

/** G and then a letter leads to a screen; the letter is taken before the open screen hears it. */
function useGo(): void {
  const navigate = useNavigate()
  useEffect(() => {
    let asked = 0
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (/^(INPUT|TEXTAREA|SELECT)$/.test((event.target as HTMLElement).tagName)) return
      const key = event.key.toLowerCase()
      const screen = goes[key]
      if (asked > Date.now() - go_ms && screen && screens.some((s) => s.id === screen)) {
        event.preventDefault()
        event.stopImmediatePropagation()
        asked = 0
        void navigate({ to: `/${screen}` as never })
      } else asked = key === "g" ? Date.now() : 0
    }
    addEventListener("keydown", pressed, true)
    return () => removeEventListener("keydown", pressed, true)
  }, [navigate])
}

/** The frame around every screen: city line, rail, the screen, time bar. */
export function Frame() {
  useGo()
  useEffect(() => connectLive([]), [])
  useKeys({
    "/": () => document.querySelector<HTMLInputElement>("[data-search]")?.focus(),
    d: () => themeStore.set(themeStore.get() === "dark" ? "light" : "dark"),
  })
  return (
    <div className="app">
      <TopLine />
      <Rail />
      <Suspense
        fallback={
          <main className="main">
            <Loading />
          </main>
        }
      >
        <Outlet />
      </Suspense>
      <TimeBar />
      <Help />
      <Toasts />
    </div>
  )
}
