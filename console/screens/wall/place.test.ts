import { expect, test } from "vitest"
import { shortPlace, wordsOf } from "./place.ts"

test("a place loses what stands beside it anyway", () => {
  expect(shortPlace("甲烷 东门街电力井 DL-J-0659", "相邻空间甲烷浓度超限", "DL-J-0659")).toBe("东门街电力井")
  expect(shortPlace("计量区 2，压力 北环路×体育路 附近", "疑似爆管：多点压力突降", null)).toBe("北环路×体育路 附近")
  expect(shortPlace("计量区 2", "漏水", null)).toBe("计量区 2")
  expect(shortPlace("DL-J-0659", "x", "DL-J-0659")).toBe("DL-J-0659")
})

test("a title is cut at words and loses nothing", () => {
  expect(wordsOf("相邻空间甲烷浓度超限", "zh").join("")).toBe("相邻空间甲烷浓度超限")
})
