import { store } from "./external.ts"

const query = matchMedia("(max-width: 700px)")
/** True on a phone: one column, the inspector as a sheet, the time bar folded. */
export const narrowStore = store(query.matches)
query.addEventListener("change", () => narrowStore.set(query.matches))
