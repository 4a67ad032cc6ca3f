import { remembered } from "../external.ts"
import { cssVariables, type ThemeName } from "./tokens.ts"

export { antdConfig } from "./antd.ts"
export * from "./tokens.ts"

const preferred: ThemeName = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"

/** The chosen theme; setting it repaints the page and the map. */
export const themeStore = remembered<ThemeName>("mingmai.theme", preferred, ["light", "dark"])

/** Puts both themes' variables into the page and keeps the root's attribute in step. */
export function installTheme(): void {
  const sheet = document.createElement("style")
  sheet.textContent = `:root,[data-theme="light"]{color-scheme:light;${cssVariables("light")}}[data-theme="dark"]{color-scheme:dark;${cssVariables("dark")}}`
  document.head.prepend(sheet)
  const show = () => {
    document.documentElement.dataset.theme = themeStore.get()
  }
  themeStore.subscribe(show)
  show()
}
