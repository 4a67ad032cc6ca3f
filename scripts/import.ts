/**
 * npm run import -- <folder or file> …: brings files of a city into the census. A network file of a lifeline's own kind
 * (EPANET .inp, GeoJSON with a companion) becomes the census at once; everything else is staged as a delivery, read and
 * checked, and waits for a second person's approval.
 */
import { createWriteStream, readFileSync, statSync } from "node:fs"
import { basename, extname, resolve } from "node:path"
import { Writable } from "node:stream"
import type { ImportAnswer } from "../wiring/import.ts"
import { deliver } from "./deliver.ts"
import { type Api, command, commandLine, connectInstance } from "./instance.ts"

export type ImportOptions = { sensors?: string; origin?: string }

/** Imports a network file through the API and returns what came in. Origin is "lon,lat" in degrees. */
export async function importFile(api: Api, file: string, options: ImportOptions): Promise<ImportAnswer> {
  const origin = options.origin === undefined ? null : options.origin.split(",").map(Number)
  if (origin && (origin.length !== 2 || origin.some(Number.isNaN))) {
    throw new Error(`--origin ${options.origin} should be longitude,latitude in degrees, for example 117.23,31.82`)
  }
  return api.post<ImportAnswer>("/api/census/import", {
    file_name: basename(file),
    text: readFileSync(file, "utf8"),
    origin,
    ...(options.sensors && { companion: JSON.parse(readFileSync(options.sensors, "utf8")) }),
  })
}

const usage = `npm run import -- <file.inp> [--sensors sensors.json] [--origin lon,lat]
npm run import -- <folder or files of a delivery> [--name NAME] [--source SOURCE] [--system EPSG]
                  [--issues issues.csv] [--submit] [--json]`

/** What is read at once by a lifeline's own reader; everything else is staged. */
const isNetwork = (words: readonly string[], options: ImportOptions): boolean =>
  words.length === 1 &&
  statSync(words[0]!).isFile() &&
  (extname(words[0]!).toLowerCase() === ".inp" || options.sensors !== undefined)

if (import.meta.main) {
  await command(async () => {
    const flags = process.argv.slice(2)
    const has = (flag: string) => flags.includes(flag)
    const { settings, more, words } = commandLine(
      ["sensors", "origin", "name", "source", "system", "issues"],
      flags.filter((flag) => flag !== "--json" && flag !== "--submit"),
    )
    if (words.length === 0) throw new Error(usage)
    const instance = await connectInstance(settings)
    try {
      if (isNetwork(words, more)) await importNetwork(instance.api, words[0]!, more)
      else await importDelivery(instance.api, words, more, { json: has("--json"), submit: has("--submit") })
    } finally {
      await instance.close()
    }
  })
}

async function importNetwork(api: Api, file: string, options: ImportOptions): Promise<void> {
  const answer = await importFile(api, file, options)
  console.log(`${answer.assets} assets, ${answer.devices} devices, batch ${answer.batch_id}`)
  for (const area of answer.areas)
    console.log(`  ${area.code}  ${area.name}  ${(area.pipe_length_m / 1000).toFixed(1)} km`)
  if (answer.devices > 0)
    console.log(`  gateway ${answer.gateway.code}, password ${answer.gateway.password} (shown once)`)
  for (const p of answer.problems) console.log(`  □ ${JSON.stringify(p)}`)
}

async function importDelivery(
  api: Api,
  words: readonly string[],
  more: Record<string, string>,
  { json, submit }: { json: boolean; submit: boolean },
): Promise<void> {
  const said = json ? () => {} : (line: string) => console.log(line)
  const system = more.system === undefined ? undefined : Number(more.system)
  if (Number.isNaN(system)) throw new Error(`--system ${more.system} should be an EPSG number, for example 4527`)
  const name = more.name ?? basename(resolve(words[0]!))
  const delivery = await deliver(api, words, { name, source: more.source, system, submit, said })
  for (const rule of delivery.rules) said(`  ${rule.rule.padEnd(26)} ${String(rule.open).padStart(7)}  ${rule.name.zh}`)
  for (const { file, name: table, why } of delivery.others as { file: string; name: string; why: { zh: string } }[])
    said(`  □ ${file} ${table}: ${why.zh}`)
  if (more.issues !== undefined)
    await (await api.download(`/api/census/deliveries/${delivery.id}/issues.csv`)).pipeTo(
      Writable.toWeb(createWriteStream(more.issues)),
    )
  const { rows, publishable, counts } = delivery
  console.log(json ? JSON.stringify({ rows, publishable, counts }) : `${rows} rows, ${publishable} may be published`)
}
