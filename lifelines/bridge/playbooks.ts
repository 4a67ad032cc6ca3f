/** Steps and clocks per severity; minutes are editable defaults, no standard sets them. */
import type { Playbook } from "../contract.ts"

const minute_ms = 60_000
const clocks = (accept: number, arrive: number, handle: number, report: number) => ({
  accept_ms: accept * minute_ms,
  arrive_ms: arrive * minute_ms,
  handle_ms: handle * minute_ms,
  report_ms: report * minute_ms,
})

const see = {
  zh: "调看桥面视频和同桥其他测点，区分传感器故障与结构异常",
  en: "Look at the deck's cameras and the bridge's other points: is it the sensor or the structure",
}
const close = {
  zh: "会同交警封闭桥面，禁止车辆行人上桥，桥下同步警戒",
  en: "Close the deck with the traffic police, keep vehicles and people off, and guard the ground below",
}
const restrict = {
  zh: "会同交警限载、限速或单侧放行",
  en: "Limit weight, speed or lanes with the traffic police",
}
const tell = {
  zh: "立即通知值班领导、桥梁管理和养护单位、交警、航道（跨河）或铁路（跨线）部门",
  en: "Tell the duty leader, the bridge's owner and maintainer, traffic police, and the waterway or railway below at once",
}
const inspect = {
  zh: "检查主梁、支座、伸缩缝、墩柱和拉索吊杆，拍照并量测裂缝",
  en: "Inspect deck, bearings, joints, piers and cables; take pictures and measure cracks",
}
const pipes = {
  zh: "检查桥上附挂的燃气、供水等管线，必要时通知关阀",
  en: "Check gas, water and other pipes on the bridge; have valves closed where needed",
}
const assess = {
  zh: "由检测单位应急检测，出具能否通行的书面意见",
  en: "Have an inspection body test it and say in writing whether it may be used",
}
const verify = {
  zh: "读数恢复且检查无异常后申请复核",
  en: "Ask for the recheck when readings are back and nothing was found",
}

export const playbooks: Playbook[] = [
  { on: 1, steps: [tell, close, see, inspect, pipes, assess, verify], ...clocks(3, 20, 60, 240) },
  { on: 2, steps: [see, restrict, inspect, pipes, assess, verify], ...clocks(5, 30, 120, 480) },
  { on: 3, steps: [see, inspect, verify], ...clocks(15, 120, 480, 1440) },
  {
    on: 4,
    steps: [see, { zh: "列入下次巡检重点", en: "Put it on the list of the next patrol" }, verify],
    ...clocks(60, 1440, 2880, 4320),
  },
]
