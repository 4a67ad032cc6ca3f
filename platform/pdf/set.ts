import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { NodeCompiler } from "@myriaddreamin/typst-ts-node-compiler"

/** `template` is the path of a .typ file; it reads `data` by json(bytes(sys.inputs.data)), pictures as SVG text in it. */
export type PdfInput = { template: string; data: unknown }

const fonts = dirname(createRequire(import.meta.url).resolve("@expo-google-fonts/noto-sans-sc/package.json"))
/** Only the weights that pages use; the folder holds nine of 10 MB each. */
const weights = ["400Regular", "500Medium", "700Bold"]
const data_bytes_max = 8 * 1024 * 1024

/** The document as PDF bytes; throws with Typst's own words where the page or a font fails. */
export function setPdf({ template, data }: PdfInput): Buffer {
  const text = JSON.stringify(data)
  if (text.length > data_bytes_max)
    throw new Error(`The data of a document has ${text.length} characters; ${data_bytes_max} fit.`)
  const compiler = NodeCompiler.create({
    workspace: dirname(template),
    fontArgs: [{ fontPaths: weights.map((w) => join(fonts, w)) }],
  })
  const result = compiler.compile({ mainFilePath: template, inputs: { data: text } })
  if (!result.result) {
    const error = result.takeError() ?? result.takeDiagnostics()
    const told = error ? compiler.fetchDiagnostics(error) : []
    throw new Error(`Typst could not set ${template}: ${JSON.stringify(told).slice(0, 1000)}`)
  }
  return compiler.pdf(result.result)
}
