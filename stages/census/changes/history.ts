/** An asset's past attribute by attribute, derived from its versions. */

import type { Scope } from "../../../model/index.ts"
import { ProblemError } from "../../../model/index.ts"
import { notFound } from "../../../platform/http/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import * as store from "./store.ts"
import type { AttributeSpan } from "./types.ts"

/**
 * Every attribute of an asset with the stretch of time through which it had a value, and where that came from: source,
 * file, batch, accuracy. Versions that repeat a value prolong its stretch and leave its origin. Times are UTC ms.
 */
export async function attributeHistory(db: Db, scopes: readonly Scope[], asset_id: number): Promise<AttributeSpan[]> {
  const versions = await store.versionsOf(db, scopes, asset_id)
  if (versions.length === 0) throw new ProblemError(notFound("asset", asset_id))
  return spansOf(versions)
}

export function spansOf(versions: readonly store.VersionRow[]): AttributeSpan[] {
  const spans: AttributeSpan[] = []
  const open = new Map<string, AttributeSpan>()
  for (const version of versions) {
    const { valid_from, valid_to } = version
    for (const [attribute, value] of Object.entries({ name: version.name, ...version.attributes })) {
      const before = open.get(attribute)
      if (before && before.value === value && before.valid_to === valid_from) {
        before.valid_to = valid_to
        continue
      }
      if (value === null) continue
      const { source, file, batch_id, by, recorded_at } = version
      const accuracy = version.original?.accuracy ?? null
      const span = { attribute, value, source, file, batch_id, by, accuracy, valid_from, valid_to, recorded_at }
      open.set(attribute, span)
      spans.push(span)
    }
  }
  return spans
}
