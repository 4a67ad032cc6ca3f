import { useNavigate, useSearch } from "@tanstack/react-router"
import { useCallback } from "react"
import { useCityNow } from "./time.ts"

/** Every filter, selection and the chosen time live in the URL, so that a view can be sent to a colleague. */
export type Search = Record<string, string | undefined>

export const parseSearch = (text: string): Search => Object.fromEntries(new URLSearchParams(text))
export const stringifySearch = (search: Search): string => {
  const out = new URLSearchParams()
  for (const [key, value] of Object.entries(search))
    if (value !== undefined && value !== "") out.set(key, String(value))
  const text = out.toString()
  return text ? `?${text}` : ""
}

/** The search values of the page and a function that changes some of them (undefined takes one away). */
export function useUrl(): [Search, (change: Search, options?: { replace?: boolean }) => void] {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const change = useCallback(
    (values: Search, options: { replace?: boolean } = {}) => {
      void navigate({
        to: ".",
        search: ((old: Search) => ({ ...old, ...values })) as never,
        replace: options.replace ?? false,
      })
    },
    [navigate],
  )
  return [search, change]
}

/** The chosen time in the past, or null for live. */
export function useAt(): number | null {
  const [search] = useUrl()
  const t = Number(search.t)
  return search.t && Number.isFinite(t) ? t : null
}
/** What every view calls now: the chosen time, else the city's clock. */
export function useViewTime(): number {
  const at = useAt()
  const now = useCityNow()
  return at ?? now
}
/** A selection "alarm:12" as kind and id. */
export const parseSelection = (text: string | undefined): { kind: string; id: number } | null => {
  const [kind, id] = (text ?? "").split(":")
  return kind && Number(id) > 0 ? { kind, id: Number(id) } : null
}
