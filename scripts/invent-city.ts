/**
 * npm run invent-city -- --segments 500000 --seed 7 --out <folder>: writes the sound deliveries of a whole city (CSV, one
 * pair per class), its bridges, streets, border and control points.
 */
import { parseArgs } from "node:util"
import { inventCity } from "../sim/survey/index.ts"
import { wholeOption } from "./invent-survey.ts"

function main(): void {
  const { values } = parseArgs({
    options: {
      segments: { type: "string", default: "500000" },
      seed: { type: "string", default: "7" },
      out: { type: "string" },
    },
  })
  if (!values.out) throw new Error("npm run invent-city -- --segments 500000 --seed 7 --out <folder>")
  const segments = wholeOption("segments", values.segments, 4000, 3_000_000)
  const seed = wholeOption("seed", values.seed, 0, 2 ** 30)
  const figures = inventCity({ segments, seed, out: values.out })
  const km = Math.round(figures.pipe_km)
  console.log(
    `${figures.segments} segments (${km} km) and ${figures.points} points in ${figures.districts} districts, ${figures.bridges} bridges, in ${values.out}`,
  )
}

if (import.meta.main) {
  try {
    main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
