import { survey_attributes } from "../../../../model/survey.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"

/** Words of an attribute, as its kind declares it or as surveys keep it; an unknown id stays as it is. */
export function useAttributeName(): (lifeline: string, kind: string, id: string) => string {
  const { pick } = useWords()
  const names = useNames()
  return (lifeline, kind, id) => {
    const declared = names.lifelines.find((l) => l.id === lifeline)?.assets.find((a) => a.kind === kind)?.attributes as
      | { id: string; name: { zh: string; en: string } }[]
      | undefined
    return pick(declared?.find((a) => a.id === id)?.name ?? survey_attributes.get(id)?.name) || id
  }
}
