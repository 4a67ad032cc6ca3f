/** Steps and clocks per severity; minutes are editable defaults, no standard sets them. */
import type { Playbook } from "../contract.ts"

const minute_ms = 60_000
const clocks = (accept: number, arrive: number, handle: number, report: number) => ({
  accept_ms: accept * minute_ms,
  arrive_ms: arrive * minute_ms,
  handle_ms: handle * minute_ms,
  report_ms: report * minute_ms,
})

const cordon = {
  zh: "按下风向设警戒区，禁明火、禁启停电器和车辆",
  en: "Cordon off down the wind; no flame, no switching of electrics, no engines",
}
const measure = {
  zh: "携带防爆检测仪复测井内和相邻井甲烷，逐井记录",
  en: "Measure methane in this well and its neighbours with an explosion-proof instrument; write each down",
}
const tell_apart = {
  zh: "检测乙烷或硫化氢，区分天然气与沼气",
  en: "Test for ethane or hydrogen sulphide to tell natural gas from marsh gas",
}
const ventilate = { zh: "开盖强制通风至 20 % LEL 以下", en: "Open covers and ventilate until below 20 % LEL" }
const isolate = {
  zh: "关闭上下游阀门，通知受影响用户",
  en: "Close the valves up and down stream and tell the customers concerned",
}
const repair = {
  zh: "钻孔定位漏点，抢修并做气密试验",
  en: "Find the leak with bar holes, repair it and test for tightness",
}
const verify = {
  zh: "复测甲烷连续三次正常后申请复核",
  en: "Ask for the recheck after three normal readings in a row",
}

export const playbooks: Playbook[] = [
  {
    on: 1,
    steps: [
      cordon,
      {
        zh: "立即通知值班领导、消防、公安和属地街道，疏散周边人员",
        en: "Tell the duty leader, fire service, police and district at once; clear people from nearby",
      },
      isolate,
      measure,
      ventilate,
      repair,
      verify,
    ],
    ...clocks(3, 15, 30, 240),
  },
  { on: 2, steps: [cordon, measure, tell_apart, ventilate, isolate, repair, verify], ...clocks(5, 20, 60, 360) },
  { on: 3, steps: [measure, tell_apart, ventilate, repair, verify], ...clocks(10, 30, 120, 480) },
  {
    on: 4,
    steps: [
      measure,
      { zh: "检查探测器标定和进水情况", en: "Check the instrument's calibration and for water in it" },
      verify,
    ],
    ...clocks(60, 480, 1440, 1440),
  },
]
