import { type Node, SyntaxKind } from "typescript/unstable/ast"
import { API } from "typescript/unstable/sync"

export type Floating = { path: string; line: number; code: string }

/**
 * Statements that call something and drop the promise it gives, found with the compiler's own types. A promise whose
 * failure is taken (`.catch(…)`, `.then(…, …)`) or that is given to `void` does not float. Throws where no file was seen.
 */
export function floatingPromises(config: string): { floating: Floating[]; statements: number } {
  const api = new API()
  try {
    const snapshot = api.updateSnapshot({ openProjects: [config] })
    const project = snapshot.getProject(config)
    if (!project) throw new Error(`${config} is no project`)
    const floating: Floating[] = []
    let statements = 0
    for (const path of project.program.getSourceFileNames()) {
      const file = path.includes("/node_modules/") ? undefined : project.program.getSourceFile(path)
      if (!file) continue
      const calls = callStatements(file)
      statements += calls.length
      if (calls.length === 0) continue
      project.checker.getTypeAtLocation(calls).forEach((type, i) => {
        // A reply of the HTTP server can be awaited too, but has no `catch`: it is no promise.
        if (!type || !["then", "catch"].every((name) => project.checker.getPropertyOfType(type, name))) return
        const code = file.text.slice(calls[i]!.pos, calls[i]!.end).trim()
        if (!takesFailure(calls[i]!))
          floating.push({ path, line: file.text.slice(0, calls[i]!.end).split("\n").length, code: code.slice(0, 80) })
      })
    }
    if (statements === 0) throw new Error(`${config}: no statement was looked at`)
    return { floating, statements }
  } finally {
    api.close()
  }
}

function callStatements(file: Node): Node[] {
  const found: Node[] = []
  const visit = (node: Node): undefined => {
    const expression = (node as unknown as { expression?: Node }).expression
    if (node.kind === SyntaxKind.ExpressionStatement && expression?.kind === SyntaxKind.CallExpression)
      found.push(expression)
    node.forEachChild(visit)
  }
  visit(file)
  return found
}

function takesFailure(call: Node): boolean {
  const { expression, arguments: given } = call as unknown as {
    expression: { name?: { text: string } }
    arguments: readonly Node[]
  }
  return expression.name?.text === "catch" || (expression.name?.text === "then" && given.length === 2)
}
