/** What a crew finds and does, as chips; the words are field.found.* and field.done.*. */
const found: Record<string, string[]> = {
  gas: ["weld", "dug", "valve", "marsh", "none", "other"],
  water: ["burst", "joint", "valve", "dug", "none", "other"],
}
const done: Record<string, string[]> = {
  gas: ["isolate", "vent", "clamp", "replace", "ventilate", "other"],
  water: ["isolate", "dig", "clamp", "replace", "flush", "other"],
}
export const foundFor = (lifeline: string): string[] => found[lifeline] ?? ["damaged", "dug", "none", "other"]
export const doneFor = (lifeline: string): string[] => done[lifeline] ?? ["isolate", "repair", "cordon", "other"]

/** A retreat rule is shown only if the playbook gives one. */
const retreat = { zh: /撤离|撤到|撤至|就撤|退到/, en: /retreat|withdraw/i }
export const retreatRule = <S extends { zh: string; en: string }>(steps: readonly S[]): S | undefined =>
  steps.find((step) => retreat.zh.test(step.zh) || retreat.en.test(step.en))
