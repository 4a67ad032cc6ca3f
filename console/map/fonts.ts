import ranges from "@fontsource-variable/noto-sans-sc/unicode.json"

/** The map draws its own glyphs from the bundled font's slices, so no glyph server and no system font is needed. */
export const map_font = "Noto Sans SC Variable"

const files = import.meta.glob<string>(
  "../../node_modules/@fontsource-variable/noto-sans-sc/files/*-wght-normal.woff2",
  {
    query: "?url",
    import: "default",
    eager: true,
  },
)

/** Each slice with the characters it covers; a slice is fetched when one of them is first drawn. */
export function fontFaces(): Record<string, { url: string; "unicode-range": string[] }[]> {
  const faces = Object.entries(ranges as Record<string, string>).flatMap(([slice, range]) => {
    const name = `noto-sans-sc-${slice.replace(/[[\]]/g, "")}-wght-normal.woff2`
    const file = Object.entries(files).find(([path]) => path.endsWith(`/${name}`))
    return file ? [{ url: new URL(file[1], location.href).href, "unicode-range": range.split(",") }] : []
  })
  return { [map_font]: faces }
}
