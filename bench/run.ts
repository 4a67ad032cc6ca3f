/**
 * `npm run bench`: measures this machine and prints one JSON line for each figure, with the machine's name. Words choose
 * parts: `npm run bench -- doors city`. All of it takes under four minutes; other work on the machine shows in it.
 */
import { run as city } from "./city.ts"
import { run as detectors } from "./detectors.ts"
import { run as doors } from "./doors.ts"
import { machine, removeFolder, temporaryFolder } from "./instance.ts"
import { run as commit } from "./series.ts"

const folder = temporaryFolder()
/** In this order: the detectors use the city's folder where there is no real data. */
const parts: Record<string, () => Promise<object[]>> = {
  doors,
  commit,
  city: () => city(folder),
  detectors: () => detectors(folder),
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((word) => !Object.hasOwn(parts, word))
if (unknown.length > 0) {
  console.error(`${unknown.join(" ")}: choose among ${Object.keys(parts).join(", ")}`)
  process.exit(2)
}
let failed = false
try {
  for (const [name, run] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    try {
      for (const line of await run()) console.log(JSON.stringify({ ...line, machine }))
    } catch (error) {
      failed = true
      console.error(`${name} could not be measured: ${(error as Error).message}`)
    }
  }
} finally {
  removeFolder(folder)
}
process.exit(failed ? 1 : 0)
