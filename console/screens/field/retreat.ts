/** A retreat rule is shown only if the playbook gives one. */
const retreat = { zh: /撤离|撤到|撤至|就撤|退到/, en: /retreat|withdraw/i }
export const retreatRule = <S extends { zh: string; en: string }>(steps: readonly S[]): S | undefined =>
  steps.find((step) => retreat.zh.test(step.zh) || retreat.en.test(step.en))
