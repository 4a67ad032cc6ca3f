import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { NodeCompiler } from "@myriaddreamin/typst-ts-node-compiler"
import type { ReportData } from "./data.ts"

const fonts = dirname(createRequire(import.meta.url).resolve("@expo-google-fonts/noto-sans-sc/package.json"))
/** Only the weights that the page uses; the folder holds nine of 10 MB each. */
const weights = ["400Regular", "500Medium", "700Bold"]

/** The report as PDF bytes; throws with Typst's own words where the page or a font fails. */
export function writePdf(data: ReportData): Buffer {
  const compiler = NodeCompiler.create({
    workspace: import.meta.dirname,
    fontArgs: [{ fontPaths: weights.map((w) => join(fonts, w)) }],
  })
  const result = compiler.compile({
    mainFilePath: join(import.meta.dirname, "daily.typ"),
    inputs: { data: JSON.stringify(data) },
  })
  if (!result.result) {
    const error = result.takeError() ?? result.takeDiagnostics()
    const told = error ? compiler.fetchDiagnostics(error) : []
    throw new Error(`Typst could not set the report: ${JSON.stringify(told).slice(0, 1000)}`)
  }
  return compiler.pdf(result.result)
}
