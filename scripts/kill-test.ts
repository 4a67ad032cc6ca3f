/** npm run test:kill [-- --kills 20]: kills the whole program again and again under a feed, and counts what is lost. */
import { parseArgs } from "node:util"
import { killTest } from "../test/kill-run.ts"

const { values } = parseArgs({ options: { kills: { type: "string", default: "20" } } })
const kills = Number(values.kills)
if (!Number.isInteger(kills) || kills < 1 || kills > 1000) {
  console.error(`--kills ${values.kills} should be a whole number from 1 to 1000`)
  process.exit(2)
}
const result = await killTest({ kills, say: (sentence) => console.log(sentence) })
for (const line of result.wrong) console.log(`  wrong: ${line}`)
console.log(
  `kills ${result.kills}, acknowledged ${result.acknowledged}, missing ${result.missing}, doubled ${result.doubled}`,
)
process.exit(result.missing > 0 || result.doubled > 0 ? 1 : 0)
