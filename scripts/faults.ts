/**
 * npm run test:faults [-- --kills 100 --minutes 10 --devices 10000 --only kills,clock]: breaks a running city in every
 * way we know and counts what was acknowledged and is missing or there twice. One line for each fault; the last line is
 * the sum. Ends with 1 unless nothing is missing and nothing doubled.
 */
import { parseArgs } from "node:util"
import {
  badInput,
  brokerRestarts,
  childKills,
  clockJumps,
  damagedFiles,
  diskFull,
  type FaultResult,
  kills,
  lineOf,
  mosquittoPath,
  noSmallDisk,
  overload,
  upgrade,
} from "../test/faults/index.ts"

type Fault = { run(): Promise<FaultResult>; skip?: string | null }

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    minutes: { type: "string", default: "10" },
    devices: { type: "string", default: "10000" },
    only: { type: "string", default: "" },
  },
})
const wanted = { kills: wholeOf("kills", 1000), minutes: wholeOf("minutes", 600), devices: wholeOf("devices", 15_000) }
const say = (sentence: string) => console.log(`  ${sentence}`)

const faults: Record<string, Fault> = {
  kills: { run: () => kills({ kills: wanted.kills, say }) },
  children: { run: () => childKills() },
  disk: { run: () => diskFull({ full_ms: 10_000 }), skip: noSmallDisk() },
  clock: { run: clockJumps },
  broker: {
    run: () => brokerRestarts({ restarts: 10 }),
    skip: mosquittoPath() ? null : "Mosquitto is not installed",
  },
  damage: { run: () => damagedFiles({ steps: 300 }) },
  upgrade: { run: upgrade },
  bad: { run: () => badInput({ patient: true }) },
  overload: {
    run: () => overload({ devices: wanted.devices, times: [3, 10], seconds: wanted.minutes * 60, say }),
  },
}

const only = values.only === "" ? Object.keys(faults) : values.only.split(",")
const unknown = only.filter((name) => !faults[name])
if (unknown.length > 0) refuse(`--only ${unknown} should be of ${Object.keys(faults).join(", ")}`)

const sum = { acknowledged: 0, missing: 0, doubled: 0 }
let skipped = 0
for (const name of only) {
  const { run, skip } = faults[name]!
  if (skip) {
    skipped++
    console.log(`– ${name}: skipped, ${skip}`)
    continue
  }
  const result = await run().catch((error: Error) => failed(name, error))
  console.log(lineOf(result))
  for (const line of result.wrong) console.log(`    wrong: ${line}`)
  sum.acknowledged += result.acknowledged
  sum.missing += result.missing
  sum.doubled += result.doubled
}
if (skipped > 0) console.log(`${skipped} of ${only.length} faults were skipped`)
console.log(`acknowledged ${sum.acknowledged}, missing ${sum.missing}, doubled ${sum.doubled}`)
process.exit(sum.missing > 0 || sum.doubled > 0 ? 1 : 0)

/** A fault that could not be carried through has proved nothing, and counts as a loss. */
function failed(fault: string, error: Error): FaultResult {
  return { fault, acknowledged: 0, missing: 1, doubled: 0, said: "not carried through", wrong: [error.message] }
}

function wholeOf(name: "kills" | "minutes" | "devices", most: number): number {
  const n = Number(values[name])
  if (!Number.isInteger(n) || n < 1 || n > most)
    refuse(`--${name} ${values[name]} should be a whole number from 1 to ${most}`)
  return n
}

function refuse(sentence: string): never {
  console.error(sentence)
  process.exit(2)
}
