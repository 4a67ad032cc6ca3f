import ranges from "@fontsource-variable/noto-sans-sc/unicode.json"
import { createElement, type FunctionComponent } from "react"
import { flushSync } from "react-dom"
import { createRoot } from "react-dom/client"
import { saveAs } from "./ask.ts"

type Cell = string | number | null | undefined
/** A table as CSV with a mark of order, so that spreadsheets read the Chinese; what is not known is an empty cell. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell) => {
    const text = value === null || value === undefined ? "" : String(value)
    // A text that a spreadsheet would take for a formula gets an apostrophe.
    const safe = typeof value === "string" && /^[=+\-@\t]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`
}
export const saveCsv = (rows: readonly (readonly Cell[])[], name: string): void =>
  saveAs(new Blob([csvOf(rows)], { type: "text/csv;charset=utf-8" }), `${name}.csv`)

/** Draws a drawing once more, for paper, and gives back its SVG with the page's letters in it. */
async function standing<P extends object>(drawing: FunctionComponent<P>, props: P): Promise<SVGSVGElement> {
  const box = document.createElement("div")
  const root = createRoot(box)
  flushSync(() => root.render(createElement(drawing, props)))
  const svg = box.querySelector("svg")!.cloneNode(true) as SVGSVGElement
  root.unmount()
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg")
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style")
  style.textContent = await lettersFor(svg.textContent ?? "")
  svg.prepend(style)
  return svg
}

const family = "Noto Sans SC Variable"
const slices_max = 60
/** The slices of the page's font that a text needs, written out: a picture may not fetch anything. */
async function lettersFor(text: string): Promise<string> {
  const points = [...new Set([...text].map((c) => c.codePointAt(0)!))]
  const needed = Object.values(ranges as Record<string, string>).filter((range) => points.some((p) => within(range, p)))
  const faces = [...document.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules])
    .filter((rule): rule is CSSFontFaceRule => rule instanceof CSSFontFaceRule && rule.cssText.includes(family))
    .filter((rule) => points.some((p) => within(rule.style.getPropertyValue("unicode-range"), p)))
    .slice(0, Math.min(slices_max, needed.length + 4))
  const written = await Promise.all(
    faces.map(async (rule) => {
      const url = /url\("?([^")]+)"?\)/.exec(rule.cssText)?.[1]
      if (!url) return ""
      const base = rule.parentStyleSheet?.href ?? location.href
      const bytes = await (await fetch(new URL(url, base))).blob()
      const range = rule.style.getPropertyValue("unicode-range")
      return `@font-face{font-family:"${family}";src:url(${await dataUrl(bytes)}) format("woff2");unicode-range:${range};font-weight:100 900}`
    }),
  )
  return written.join("")
}
const within = (range: string, point: number): boolean =>
  range.split(",").some((part) => {
    const [from, to] = part.trim().slice(2).split("-")
    return point >= Number.parseInt(from!, 16) && point <= Number.parseInt(to ?? from!, 16)
  })
const dataUrl = (blob: Blob): Promise<string> =>
  new Promise((done, failed) => {
    const reader = new FileReader()
    reader.onload = () => done(String(reader.result))
    reader.onerror = () => failed(reader.error)
    reader.readAsDataURL(blob)
  })

export async function saveSvg<P extends object>(drawing: FunctionComponent<P>, props: P, name: string): Promise<void> {
  const text = new XMLSerializer().serializeToString(await standing(drawing, props))
  saveAs(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`)
}

const png_scale = 2
export async function savePng<P extends object>(drawing: FunctionComponent<P>, props: P, name: string): Promise<void> {
  const svg = await standing(drawing, props)
  const [width, height] = [Number(svg.getAttribute("width")), Number(svg.getAttribute("height"))]
  const image = new Image(width, height)
  image.src = URL.createObjectURL(
    new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml;charset=utf-8" }),
  )
  await image.decode()
  const canvas = document.createElement("canvas")
  canvas.width = width * png_scale
  canvas.height = height * png_scale
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height)
  URL.revokeObjectURL(image.src)
  canvas.toBlob((blob) => blob && saveAs(blob, `${name}.png`), "image/png")
}
