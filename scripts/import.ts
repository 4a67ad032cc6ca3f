/** npm run import -- <file.inp> [--sensors sensors.json] [--origin lon,lat]: makes a network the census. */
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import type { ImportAnswer } from "../wiring/import.ts"
import { type Api, command, commandLine, connectInstance } from "./instance.ts"

export type ImportOptions = { sensors?: string; origin?: string }

/** Imports a file through the API and returns what came in. Origin is "lon,lat" in degrees. */
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

if (import.meta.main) {
  await command(async () => {
    const { settings, more, words } = commandLine(["sensors", "origin"])
    const [file] = words
    if (!file) throw new Error("npm run import -- <file> [--sensors sensors.json] [--origin lon,lat]")
    const instance = await connectInstance(settings)
    try {
      const answer = await importFile(instance.api, file, more)
      console.log(`${answer.assets} assets, ${answer.devices} devices, batch ${answer.batch_id}`)
      for (const area of answer.areas)
        console.log(`  ${area.code}  ${area.name}  ${(area.pipe_length_m / 1000).toFixed(1)} km`)
      if (answer.devices > 0)
        console.log(`  gateway ${answer.gateway.code}, password ${answer.gateway.password} (shown once)`)
      for (const p of answer.problems) console.log(`  □ ${JSON.stringify(p)}`)
    } finally {
      await instance.close()
    }
  })
}
