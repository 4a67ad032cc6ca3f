/** Pages of the open interface for people and search engines: plain HTML, nothing fetched, every text escaped. */
import type { FeatureRow, Property } from "./collections.ts"
import { propertyValues } from "./collections.ts"
import type { CollectionView, Link, PageOfFeatures } from "./documents.ts"

/** Headers of every page. */
export const html_policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

export const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")

const style = `body{font:14px/1.6 system-ui,sans-serif;color:#14181a;background:#f5f6f6;margin:32px auto;max-width:1200px;padding:0 16px}
a{color:#0b5f7a}h1{font-size:22px}table{border-collapse:collapse;background:#fff;display:block;overflow-x:auto}
th,td{border:1px solid #d8dcdb;padding:4px 8px;text-align:left;white-space:nowrap}pre{background:#ebeeed;padding:12px;overflow:auto}
nav a{margin-right:16px}`

/** A whole page from a title, a body that is HTML already, and the links of the document. */
export const pageHtml = (title: string, body: string, links: readonly Link[]): string =>
  `<!doctype html>
<html lang="zh">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>
${links.map((l) => `<link rel="${escapeHtml(l.rel)}" type="${escapeHtml(l.type)}" href="${escapeHtml(l.href)}">`).join("\n")}
<style>${style}</style></head>
<body><h1>${escapeHtml(title)}</h1>
${body}
<nav>${links.map(linkHtml).join(" ")}</nav>
</body></html>
`

const linkHtml = (link: Link): string =>
  `<a rel="${escapeHtml(link.rel)}" type="${escapeHtml(link.type)}" href="${escapeHtml(link.href)}">${escapeHtml(`${link.rel}: ${link.title}`)}</a>`

export const textHtml = (text: string): string => `<p>${escapeHtml(text)}</p>`
export const listHtml = (items: readonly string[]): string =>
  `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join("")}</ul>`

export const collectionsHtml = (collections: readonly CollectionView[]): string =>
  tableHtml(
    ["id", "title", "description"],
    collections.map((c) => [
      anchor(c.links.find((l) => l.rel === "self")?.href ?? "", c.id),
      escapeHtml(c.title),
      escapeHtml(c.description),
    ]),
  )

export function collectionHtml(collection: CollectionView): string {
  const { extent } = collection
  return `${textHtml(collection.description)}${
    extent === undefined
      ? ""
      : listHtml([
          `bbox ${extent.spatial.bbox[0]!.join(", ")}`,
          extent.temporal.interval[0]!.map((end) => end ?? "..").join(" / "),
        ])
  }`
}

/** A table of features; each id leads to the feature's own page. */
export const featuresHtml = (properties: readonly Property[], page: PageOfFeatures, items: string): string =>
  textHtml(`${page.rows.length} / ${page.matched}`) +
  tableHtml(
    ["id", ...properties.map((p) => p.title)],
    page.rows.map((row) => {
      const values = propertyValues(properties, row)
      return [anchor(`${items}/${row.id}?f=html`, String(row.id)), ...properties.map((p) => cell(values[p.name]))]
    }),
  )

/** One feature: all properties, those that nobody declared too, and its geometry. */
export function featureHtml(properties: readonly Property[], row: FeatureRow): string {
  const titles = new Map(properties.map((p) => [p.name, p.title]))
  const rows = Object.entries(propertyValues(properties, row)).map(([name, value]) => [
    escapeHtml(titles.get(name) ?? name),
    cell(value),
  ])
  return `${tableHtml(["", ""], rows)}<pre>${escapeHtml(row.geometry)}</pre>`
}

const cell = (value: unknown): string => (value === null || value === undefined ? "" : escapeHtml(String(value)))
const anchor = (href: string, text: string): string => `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`
const tableHtml = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><thead><tr>${heads.map((head) => `<th>${escapeHtml(head)}</th>`).join("")}</tr></thead><tbody>${rows
    .map((cells) => `<tr>${cells.map((c) => `<td>${c}</td>`).join("")}</tr>`)
    .join("\n")}</tbody></table>`
