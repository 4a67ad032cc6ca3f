/**
 * npm run invent-survey -- --rows 100000 --seed 7 --out <folder> [--sound] [--formats xlsx,shp,csv] [--style 0…5]:
 * writes a pipeline survey delivery with planted faults of every class, listed in planted.csv.
 */
import { parseArgs } from "node:util"
import { type DeliveryFormat, delivery_formats, inventSurvey } from "../sim/survey/index.ts"

/** A whole number from the command line within bounds; throws a sentence that names the option. */
export function wholeOption(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new Error(`--${name} ${text} should be a whole number from ${min} to ${max}`)
  return value
}

function formatsOption(text: string): DeliveryFormat[] {
  const asked = text.split(",").map((format) => format.trim())
  const unknown = asked.find((format) => !delivery_formats.some((known) => known === format))
  if (unknown !== undefined)
    throw new Error(`--formats ${unknown} is not known; choose from ${delivery_formats.join(", ")}`)
  return [...new Set(asked as DeliveryFormat[])]
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: "string", default: "100000" },
      seed: { type: "string", default: "7" },
      out: { type: "string" },
      sound: { type: "boolean", default: false },
      formats: { type: "string", default: "xlsx,shp" },
      style: { type: "string", default: "0" },
    },
  })
  if (!values.out)
    throw new Error(
      "npm run invent-survey -- --rows 100000 --seed 7 --out <folder> [--sound] [--formats xlsx,shp,csv] [--style 0…5]",
    )
  const { rows, planted, files } = await inventSurvey({
    rows: wholeOption("rows", values.rows, 5000, 5_000_000),
    seed: wholeOption("seed", values.seed, 0, 2 ** 31 - 1),
    out: values.out,
    sound: values.sound,
    formats: formatsOption(values.formats),
    style: wholeOption("style", values.style, 0, 5),
  })
  console.log(`${rows} rows, ${planted.length} planted faults, ${files.length} files in ${values.out}`)
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
