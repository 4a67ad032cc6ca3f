import { Outlet } from "@tanstack/react-router"
import { Suspense, useEffect } from "react"
import { Loading } from "../kit/index.ts"
import { connectLive } from "../live.ts"
import { themeStore } from "../theme/index.ts"
import { Help } from "./help.tsx"
import { useKeys } from "./keys.ts"
import { Rail } from "./rail.tsx"
import { TimeBar } from "./time-bar.tsx"
import { Toasts } from "./toast.tsx"
import { TopLine } from "./top-line.tsx"

/** The frame around every screen: city line, rail, the screen, time bar. */
export function Frame() {
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
