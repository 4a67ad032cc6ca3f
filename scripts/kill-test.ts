/** npm run test:kill [-- --kills 20]: kills the whole program again and again under a feed, and counts what is lost. */
import { parseArgs } from "node:util"
import { kills } from "../test/faults/index.ts"

const { values } = parseArgs({ options: { kills: { type: "string", default: "20" } } })
const count = Number(values.kills)
if (!Number.isInteger(count) || count < 1 || count > 1000) {
  console.error(`--kills ${values.kills} should be a whole number from 1 to 1000`)
  process.exit(2)
}
const result = await kills({ kills: count, say: (sentence) => console.log(sentence) })
for (const line of result.wrong) console.log(`  wrong: ${line}`)
console.log(
  `kills ${result.kills}, acknowledged ${result.acknowledged}, missing ${result.missing}, doubled ${result.doubled}`,
)
process.exit(result.missing > 0 || result.doubled > 0 ? 1 : 0)
