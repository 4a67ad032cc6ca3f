/**
 * `npm run bench`: measures this machine and prints one JSON line for each figure, with the machine's name. Words choose
 * parts: `npm run bench -- doors city`. Without words it takes under four minutes; the parts that run for minutes each
 * (map, import, telemetry, hefei, peer, cluster) are measured only where they are named. Other work on the machine shows in all of it.
 */
import { parseArgs } from "node:util"
import { run as city } from "./city.ts"
import { run as cluster } from "./cluster.ts"
import { run as detectors } from "./detectors.ts"
import { run as doors } from "./doors.ts"
import { run as hefei } from "./hefei.ts"
import { run as importing } from "./import.ts"
import { machine, removeFolder, temporaryFolder } from "./instance.ts"
import { run as map } from "./map.ts"
import { run as network } from "./network.ts"
import { run as peer } from "./peer.ts"
import { run as commit } from "./series.ts"
import { run as telemetry } from "./telemetry.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** hefei: how many cities like Hefei. */
    times: { type: "string", default: "1" },
    /** hefei, telemetry: how long the load is held. */
    seconds: { type: "string" },
    /** map: how many segments of pipe. */
    segments: { type: "string" },
    /** import: how many rows of survey. */
    rows: { type: "string" },
  },
})
const whole = (name: "times" | "seconds" | "segments" | "rows", fallback: number): number => {
  const value = Number(values[name] ?? fallback)
  if (Number.isInteger(value) && value > 0) return value
  console.error(`--${name} ${values[name]} should be a whole number above 0`)
  process.exit(2)
}
const times = whole("times", 1)

const folder = temporaryFolder()
/** In this order: the detectors use the city's folder where there is no real data. */
const parts: Record<string, { run(): Promise<object[]>; long: boolean }> = {
  doors: { run: doors, long: false },
  commit: { run: commit, long: false },
  city: { run: () => city(folder), long: false },
  detectors: { run: () => detectors(folder), long: false },
  network: { run: network, long: false },
  map: { run: () => map(whole("segments", 500_000)), long: true },
  import: { run: () => importing(whole("rows", 1_000_000)), long: true },
  telemetry: { run: () => telemetry(20, whole("seconds", 300)), long: true },
  hefei: { run: () => hefei(times, whole("seconds", 180)), long: true },
  peer: { run: peer, long: true },
  cluster: { run: cluster, long: true },
}

const unknown = positionals.filter((word) => !Object.hasOwn(parts, word))
if (unknown.length > 0) {
  console.error(`${unknown.join(" ")}: choose among ${Object.keys(parts).join(", ")}`)
  process.exit(2)
}
let failed = false
try {
  for (const [name, { run, long }] of Object.entries(parts)) {
    if (positionals.length > 0 ? !positionals.includes(name) : long) continue
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
