import { expect, test } from "vitest"
import { type Episode, scoreEpisodes } from "./score.ts"

const hour = 3_600_000
const alarm = (raised: number, cleared: number | null, area_code = "A"): Episode => ({
  rule: "r",
  area_code,
  raised_at: raised * hour,
  cleared_at: cleared === null ? null : cleared * hour,
})
const areaOf = (): string => "A"

test("an alarm counts when raised before, standing at and cleared within 48 h after the repair, once", () => {
  const bursts = [
    { pipe: "p", repaired_at: 100 * hour },
    { pipe: "q", repaired_at: 110 * hour },
  ]
  const found = (episodes: Episode[]): (number | null)[] =>
    scoreEpisodes(episodes, bursts, areaOf).bursts.map((b) => (b.found_at === null ? null : b.found_at / hour))
  expect(found([alarm(50, 105), alarm(60, 120)])).toEqual([50, 60])
  expect(found([alarm(50, 120)])).toEqual([50, null])
  expect(found([alarm(50, 99), alarm(101, 120), alarm(20, null), alarm(20, 200)])).toEqual([null, 101])
  expect(found([alarm(50, 105, "B")])).toEqual([null, null])
  expect(scoreEpisodes([alarm(50, 105), alarm(1, 2)], bursts, areaOf)).toMatchObject({ alarms: 2, unexplained: 1 })
})
