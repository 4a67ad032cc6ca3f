import { useEffect, useState } from "react"
import { useStore } from "../../external.ts"
import { liveStore } from "../../live.ts"
import { clockStore } from "../../time.ts"

const silent_ms = 15_000

/** False when the stream is broken, the device says it is offline, or the server's clock has not been heard for 15 s. */
export function useConnected(): boolean {
  const live = useStore(liveStore)
  const clock = useStore(clockStore)
  const [online, setOnline] = useState(navigator.onLine)
  const [silent, setSilent] = useState(false)
  useEffect(() => {
    const changed = () => setOnline(navigator.onLine)
    addEventListener("online", changed)
    addEventListener("offline", changed)
    const timer = setInterval(() => setSilent(Date.now() - clockStore.get().heard_at > silent_ms), 2_000)
    return () => {
      removeEventListener("online", changed)
      removeEventListener("offline", changed)
      clearInterval(timer)
    }
  }, [])
  return live && online && (clock.paused || !silent)
}
