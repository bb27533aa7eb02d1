import Control
import Core
import RecipeTemplates

/// A recipe that comes with Slipway, to be used as it is or to begin from.
package struct RecipeTemplate: Sendable, Hashable {
  /// Name, as `--template` takes it.
  package let name: String
  /// The script.
  package let body: [UInt8]

  /// What it makes of a machine, as its first comments say.
  package var description: String { RecipeHeader(body).description ?? "" }

  /// All of them, by name.
  package static let all: [RecipeTemplate] = {
    var found: [RecipeTemplate] = []
    var index: UInt64 = 0
    // The table is constant: every pointer in it leads to bytes of the executable, of the length beside it.
    while let template = slipway_recipe_template_at(index)?.pointee {
      index += 1
      let bytes = Array(UnsafeBufferPointer(start: template.bytes, count: Int(clamping: template.length)))
      found.append(RecipeTemplate(name: String(cString: template.name), body: bytes))
    }
    return found
  }()

  /// The one of that name.
  /// - Throws: usage, where there is none.
  package static func find(_ name: String) throws(CommandFailure) -> RecipeTemplate {
    if let template = all.first(where: { $0.name == name }) { return template }
    let names = all.map(\.name)
    throw .usage(
      "there is no template \(Secrecy.shown(name))", expected: names.joined(separator: ", "),
      found: Secrecy.shown(name), remedy: Nearest.candidate(to: name, among: names).map { "did you mean \($0)?" })
  }
}
