import { useEffect } from "react"
import { store, useStore } from "../external.ts"

export type Toast = { text: string; action?: { words: string; run(): void }; at: number }
export const toastStore = store<Toast | null>(null)
const shown_ms = 8_000

/** Says what has been done, with its undo; goes away by itself. */
export const say = (text: string, action?: Toast["action"]): void =>
  toastStore.set({ text, at: Date.now(), ...(action ? { action } : {}) })

export function Toasts() {
  const toast = useStore(toastStore)
  useEffect(() => {
    if (!toast) return
    const timer = setTimeout(() => toastStore.set(null), shown_ms)
    return () => clearTimeout(timer)
  }, [toast])
  if (!toast) return null
  return (
    <div className="toast" role="status">
      <span>{toast.text}</span>
      {toast.action ? (
        <button
          type="button"
          className="lk"
          onClick={() => {
            toast.action?.run()
            toastStore.set(null)
          }}
        >
          {toast.action.words}
        </button>
      ) : null}
    </div>
  )
}
