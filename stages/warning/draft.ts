import type { Lifeline } from "../../lifelines/contract.ts"
import type { Words } from "../../model/index.ts"
import type { AlarmRecord, Content } from "./store.ts"

const levelWords = ["Ⅰ级（红色）", "Ⅱ级（橙色）", "Ⅲ级（黄色）", "Ⅳ级（蓝色）"]

/** A proposal for a warning's content from the alarm and the playbook; people change and sign it. */
export function proposeContent(
  alarm: AlarmRecord,
  lifeline: Lifeline | undefined,
  owner: { id: number; name: Words },
  advice_radius_m: number,
): Content {
  const value = alarm.value ? `，当前 ${alarm.value.amount} ${alarm.value.unit}` : ""
  const steps = lifeline?.playbooks.find((p) => p.on === alarm.severity)?.steps ?? []
  return {
    severity: alarm.severity,
    title: `${alarm.place.zh}${alarm.title.zh}`.slice(0, 80),
    text: `${alarm.place.zh}监测到${alarm.title.zh}${value}。现发布${levelWords[alarm.severity - 1]}预警，请${owner.name.zh}立即核查处置。`,
    measures: steps.map((s, i) => `${i + 1}. ${s.zh}`).join("\n"),
    radius_m: advice_radius_m,
    owner_id: owner.id,
  }
}
