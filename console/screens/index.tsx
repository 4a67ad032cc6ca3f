import { type ComponentType, lazy } from "react"

type Module = { default: ComponentType }
/** Screens of their own folder, loaded when first opened. */
const folders = import.meta.glob<Module>("./*/index.tsx")
const screen = (folder: string): ComponentType | null => {
  const load = folders[`./${folder}/index.tsx`]
  return load ? lazy(load) : null
}

export type Screen = { id: string; path: string; permissions: string[]; rail: boolean; component: ComponentType }

const list: [id: string, permissions: string[], rail: boolean][] = [
  ["duty", ["alarms.read"], true],
  ["census", ["census.read"], true],
  ["risk", ["risk.read"], true],
  ["monitoring", ["readings.read"], true],
  ["analysis", ["alarms.read"], true],
  ["warning", ["warnings.read"], true],
  ["response", ["orders.read"], true],
  ["supervision", ["reports.read", "federation.read"], true],
  ["settings", ["settings.read", "access.read", "audit.read", "operate.read"], true],
  ["debug", ["operate.read"], false],
  ["kit", [], false],
  ["wall", ["alarms.read"], false],
  ["field", ["orders.read"], false],
]

/** Views of a screen that have a path of their own, below the screen's. */
const below: Record<string, string[]> = { monitoring: ["charts", "wall"] }

/** The screens in the order of the rail; a path is the screen's folder. */
export const screens: Screen[] = list.flatMap(([id, permissions, rail]) => {
  const component = screen(id)
  if (!component) return []
  const views = (below[id] ?? []).map((view) => ({
    id: `${id}-${view}`,
    path: `/${id}/${view}`,
    permissions,
    rail: false,
    component,
  }))
  return [{ id, path: `/${id}`, permissions, rail, component }, ...views]
})
/** Screens that fill the whole window, without the frame. */
export const bare = new Set(["wall", "field"])
/** Screens of a province: it has cities, no pipes of its own. */
export const provincial = new Set(["supervision", "settings"])
