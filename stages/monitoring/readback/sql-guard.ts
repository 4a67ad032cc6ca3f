import { fail, ok, type Problem, problem, type Result } from "../../../model/index.ts"

/** The views an analyst may ask. */
export const sql_views = ["readings", "rollups_1h", "points", "waves"] as const
export const sql_length_max = 10_000

/** The serialised statement, as the engine's own parser wrote it. */
type Node = { [key: string]: unknown }

/**
 * Lets a statement through only where it is one SELECT that touches the views and its own WITH names, and calls nothing
 * but the functions named below. `tree` is what json_serialize_sql gave; `taken` are the names that the engine itself
 * has, which a WITH name must not hide. Whatever is not known here is refused.
 */
export function checkStatement(tree: unknown, taken: ReadonlySet<string>): Result<null> {
  const { error, error_message, statements } = tree as Node & { statements?: unknown[] }
  if (error) return fail(notASelect(String(error_message ?? "")))
  if (!Array.isArray(statements) || statements.length !== 1) return fail(notOne)
  const names = new Set<string>()
  const wrong = collectNames(statements[0], names, taken) ?? walk(statements[0], names)
  return wrong ? fail(wrong) : ok(null)
}

/** Names of WITH queries; they may not be those of anything that is there already. */
function collectNames(node: unknown, names: Set<string>, taken: ReadonlySet<string>): Problem | null {
  if (typeof node !== "object" || node === null) return null
  const { cte_map } = node as { cte_map?: { map?: { key?: unknown }[] } }
  for (const { key } of cte_map?.map ?? []) {
    const name = String(key).toLowerCase()
    if (!/^[a-z_][a-z0-9_]*$/.test(name) || own_names.test(name) || taken.has(name)) return notAllowed("with", name)
    names.add(name)
  }
  for (const child of Object.values(node)) {
    const wrong = collectNames(child, names, taken)
    if (wrong) return wrong
  }
  return null
}

/** Views that the engine makes when they are first named. */
const own_names = /^(duckdb|pg|sqlite|pragma|information)_/

function walk(node: unknown, names: ReadonlySet<string>): Problem | null {
  if (typeof node !== "object" || node === null) return null
  if (!Array.isArray(node)) {
    const wrong = checkNode(node as Node, names)
    if (wrong) return wrong
    if ((node as Node).type === "TABLE_FUNCTION") return tableFunction(node as Node, names)
  }
  for (const child of Object.values(node)) {
    const wrong = walk(child, names)
    if (wrong) return wrong
  }
  return null
}

function checkNode(node: Node, names: ReadonlySet<string>): Problem | null {
  const { type } = node
  if (node.class !== undefined) {
    if (!expressions.has(String(node.class))) return notAllowed("expression", String(node.class))
  } else if (typeof type === "string" && !parts.has(type)) return notAllowed("part", type)
  if (node.class === undefined && type === "BASE_TABLE") return table(node, names)
  if (node.function_name !== undefined) {
    const name = String(node.function_name).toLowerCase()
    const own = (node.schema === "" || node.schema === "main") && (node.catalog ?? "") === ""
    if (!own || !functions.has(name)) return notAllowed("function", name)
  }
  return null
}

function table(node: Node, names: ReadonlySet<string>): Problem | null {
  const name = String(node.table_name).toLowerCase()
  const bare = node.schema_name === "" && node.catalog_name === ""
  const main = node.schema_name === "main" && node.catalog_name === ""
  const known = (sql_views as readonly string[]).includes(name) ? bare || main : bare && names.has(name)
  return known && !node.at_clause ? null : notAllowed("table", name)
}

/** Of functions in the place of a table only those that make rows out of nothing. */
function tableFunction(node: Node, names: ReadonlySet<string>): Problem | null {
  const call = node.function as Node
  const name = String(call?.function_name).toLowerCase()
  if (call?.class !== "FUNCTION" || call.schema !== "" || !table_functions.has(name))
    return notAllowed("function", name)
  return walk(call.children, names)
}

const words = (text: string) => new Set(text.trim().split(/\s+/))
const expressions = words(
  "CONSTANT COLUMN_REF FUNCTION COMPARISON CONJUNCTION OPERATOR CASE CAST BETWEEN SUBQUERY STAR WINDOW LAMBDA LAMBDA_REF COLLATE POSITIONAL_REFERENCE",
)
const parts = words(`SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE CTE_NODE
  BASE_TABLE SUBQUERY JOIN EMPTY EXPRESSION_LIST TABLE_FUNCTION
  ORDER_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER DISTINCT_MODIFIER ASCENDING DESCENDING ORDER_DEFAULT
  DECIMAL_TYPE_INFO LIST_TYPE_INFO STRUCT_TYPE_INFO ARRAY_TYPE_INFO STRING_TYPE_INFO`)
const table_functions = words("unnest range generate_series")
/** Nothing that sleeps, knows of the machine, writes, or makes much memory out of a short text. */
const functions = words(`
  + - * / // % ^ ** & | ~ << >> || ! !__postfix ~~ !~~ ~~* !~~* ~~~ ^@ @> <@ && @
  abs acos asin atan atan2 cbrt ceil ceiling cos cosh cot degrees even exp factorial floor gcd greatest lcm least ln log
  log10 log2 mod nextafter pi pow power radians random round round_even sign signbit sin sinh sqrt tan tanh trunc xor
  isfinite isinf isnan add subtract multiply divide fdiv fmod
  ascii chr concat concat_ws contains ends_with instr lcase left len length like_escape ilike_escape not_like_escape
  not_ilike_escape lower ltrim position prefix regexp_extract regexp_extract_all regexp_full_match regexp_matches
  regexp_replace regexp_split_to_array replace reverse right rtrim split split_part starts_with string_split strlen
  strpos substr substring suffix translate trim ucase unicode upper
  age century date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname
  dayofmonth dayofweek dayofyear decade epoch epoch_ms epoch_us epoch_ns era hour isodow isoyear julian last_day
  make_date make_time make_timestamp make_timestamp_ms microsecond millisecond minute month monthname quarter second
  strftime strptime try_strptime time_bucket timezone to_days to_hours to_microseconds to_milliseconds to_minutes
  to_months to_seconds to_timestamp to_weeks to_years week weekday weekofyear year yearweek now current_date today
  get_current_timestamp
  any_value approx_count_distinct approx_quantile arbitrary arg_max arg_min argmax argmin array_agg avg bit_and bit_or
  bit_xor bool_and bool_or corr count count_if count_star countif covar_pop covar_samp cume_dist dense_rank entropy
  favg first first_value fsum geomean geometric_mean histogram kahan_sum kurtosis lag last last_value lead list mad max
  max_by mean median min min_by mode nth_value ntile percent_rank product quantile quantile_cont quantile_disc rank
  regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy reservoir_quantile
  row_number sem skewness stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance wavg weighted_avg
  array_extract array_length list_aggregate list_append list_avg list_concat list_contains list_count list_distinct
  list_element list_extract list_filter list_first list_has_all list_has_any list_last list_max list_median list_min
  list_position list_reverse list_reverse_sort list_slice list_sort list_sum list_transform list_unique list_value
  list_zip flatten unnest row struct_extract struct_pack map map_extract map_keys map_values cardinality element_at
  coalesce nullif ifnull typeof array_value`)

const notASelect = (reason: string) =>
  problem("sql-not-select", 400, `只能执行一条 SELECT 查询：${reason}`, `Only one SELECT is taken: ${reason}`, {
    field: "sql",
  })
const notOne = problem("sql-not-select", 400, "只能执行一条 SELECT 查询", "Only one SELECT is taken", { field: "sql" })
const notAllowed = (what: "with" | "expression" | "part" | "function" | "table", name: string) =>
  problem(
    "sql-not-allowed",
    403,
    `此处不能使用「${name}」；可查询的表为 ${sql_views.join("、")}，函数限于计算和聚合`,
    `"${name}" may not be used here (${what}); the tables are ${sql_views.join(", ")}, functions are those that calculate`,
    { field: "sql", value: name.slice(0, 100) },
  )
