/** Steps and clocks per severity; minutes are editable defaults, no standard sets them. */
import type { Playbook } from "../contract.ts"

const minute_ms = 60_000
const clocks = (accept: number, arrive: number, handle: number, report: number) => ({
  accept_ms: accept * minute_ms,
  arrive_ms: arrive * minute_ms,
  handle_ms: handle * minute_ms,
  report_ms: report * minute_ms,
})

const locate = {
  zh: "携带听漏仪、相关仪到现场，先查告警指向的管段和阀门井",
  en: "Go out with listening stick and correlator; begin at the pipes and valve chambers the alarm points to",
}
const check_road = {
  zh: "检查周边路面沉降、积水和地下空洞迹象，必要时围挡",
  en: "Look for subsidence, standing water and voids under the road nearby; fence off where needed",
}
const isolate = {
  zh: "确认漏点后关闭上下游阀门，通知受影响用户",
  en: "Close the valves around the confirmed leak and tell the customers concerned",
}
const repair = {
  zh: "开挖修复，冲洗并检测水质合格后恢复供水",
  en: "Dig, repair, flush, and restore supply when the water quality is good",
}
const verify = {
  zh: "复测计量区夜间流量和压力，确认恢复到基准",
  en: "Measure night flow and pressure of the metered area again; both must be back at their baseline",
}

export const playbooks: Playbook[] = [
  {
    on: 1,
    steps: [
      {
        zh: "立即通知值班领导、交警和属地街道，封闭危险路段",
        en: "Tell the duty leader, traffic police and district at once; close the road in danger",
      },
      isolate,
      check_road,
      repair,
      verify,
    ],
    ...clocks(5, 20, 120, 240),
  },
  { on: 2, steps: [locate, check_road, isolate, repair, verify], ...clocks(10, 30, 240, 360) },
  { on: 3, steps: [locate, check_road, repair, verify], ...clocks(30, 120, 1440, 720) },
  {
    on: 4,
    steps: [
      {
        zh: "核对远传水表与流量计读数，排除用水变化和表计故障",
        en: "Compare customer meters and flow meters; rule out a change of demand and a faulty meter",
      },
      { zh: "安排夜间听漏，缩小到管段", en: "Plan a listening survey at night and narrow it down to a pipe" },
      verify,
    ],
    ...clocks(60, 480, 4320, 1440),
  },
]
