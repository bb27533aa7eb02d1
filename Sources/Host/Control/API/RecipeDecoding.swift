package import Model

// Requests about recipes.
extension RequestDecoding {
  /// Reads POST /v1/recipes.
  package static func recipe(_ body: [UInt8]) throws(ControlFailure) -> NewRecipe {
    var members = try Members(tree(body))
    let name = try checkedName(members.required("name"), "name")
    let script = try script(&members)
    let description = try line(&members, "description", atMost: 256)
    let author = try line(&members, "author", atMost: 128)
    let notes = try members.string("notes")
    let list = try members.list("inputs", atMost: RecipeLimits.inputs)
    let idempotent = try members.bool("idempotent")
    let timeout = try members.integer("timeout_s", in: 1...21_600)
    try members.end()
    if let notes, notes.utf8.count > 4_096 {
      throw Members.bad("notes", "are too long", expected: "at most 4096 bytes", found: "\(notes.utf8.count) bytes")
    }
    var inputs: [RecipeInputView]?
    if let list {
      var read: [RecipeInputView] = []
      for (index, element) in list.enumerated() { read.append(try input(element, at: "inputs[\(index)]")) }
      inputs = read
    }
    return NewRecipe(
      name: name, body: script, description: description, author: author, notes: notes, inputs: inputs,
      idempotent: idempotent, timeoutS: timeout)
  }

  /// Reads POST /v1/recipes/lint.
  package static func lint(_ body: [UInt8]) throws(ControlFailure) -> RecipeBody {
    var members = try Members(tree(body))
    let script = try script(&members)
    try members.end()
    return script
  }

  /// Reads POST /v1/recipes/{name}/fork.
  package static func fork(_ body: [UInt8]) throws(ControlFailure) -> (name: String, version: Int?, author: String?) {
    var members = try Members(tree(body))
    let name = try checkedName(members.required("name"), "name")
    let version = try members.integer("version", in: 1...RecipeLimits.versions)
    let author = try line(&members, "author", atMost: 128)
    try members.end()
    return (name, version, author)
  }

  /// Reads POST /v1/recipes/{name}/ratings.
  package static func rating(_ body: [UInt8], of recipe: String) throws(ControlFailure) -> NewRating {
    var members = try Members(tree(body))
    let version = try members.integer("version", in: 1...RecipeLimits.versions)
    let tenant = try line(&members, "tenant", atMost: 128) ?? ""
    let stars = try members.integer("stars", in: 1...5)
    let comment = try members.string("comment") ?? ""
    try members.end()
    guard !tenant.isEmpty else {
      throw Members.bad("tenant", "is required", expected: "whose rating it is", found: "nothing")
    }
    guard let version else {
      throw Members.bad("version", "is required", expected: "a number from 1", found: "nothing")
    }
    guard let stars else { throw Members.bad("stars", "is required", expected: "1 to 5", found: "nothing") }
    guard comment.utf8.count <= 1_024 else {
      throw Members.bad(
        "comment", "is too long", expected: "at most 1024 bytes", found: "\(comment.utf8.count) bytes")
    }
    return NewRating(recipe: recipe, version: version, tenant: tenant, stars: stars, comment: comment)
  }

  /// Reads POST /v1/resources/{id}/upgrade.
  package static func upgrade(_ body: [UInt8]) throws(ControlFailure) -> RecipeUpgrade {
    var members = try Members(tree(body))
    let version = try members.integer("recipe_version", in: 1...RecipeLimits.versions)
    let inputs = try givenInputs(&members)
    try members.end()
    return RecipeUpgrade(recipeVersion: version, inputs: inputs)
  }

  /// Reads the `recipe` of a new offering.
  static func offeringRecipe(_ value: JSON?) throws(ControlFailure) -> OfferingRecipe? {
    guard let value else { return nil }
    var members = try Members(value, at: "recipe")
    let name = try checkedName(members.required("name"), "recipe.name")
    let version = try members.integer("version", in: 1...RecipeLimits.versions)
    let inputs = try givenInputs(&members)
    try members.end()
    return OfferingRecipe(RecipeName(name, version), inputs: inputs)
  }

  /// Reads `inputs` and `secret_inputs`. Nothing of a value enters an error.
  static func givenInputs(_ members: inout Members) throws(ControlFailure) -> GivenInputs {
    GivenInputs(
      plain: try texts(&members, "inputs"),
      secret: try texts(&members, "secret_inputs").mapValues { Credential($0) })
  }

  private static func texts(_ members: inout Members, _ name: String) throws(ControlFailure) -> [String: String] {
    guard case .object(let values)? = try members.object(name) else { return [:] }
    guard values.count <= RecipeLimits.inputs else {
      throw Members.bad(
        members.full(name), "are too many", expected: "at most \(RecipeLimits.inputs)", found: "\(values.count)")
    }
    var result: [String: String] = [:]
    for (key, value) in values {
      switch value {
      case .string(let text): result[key] = text
      case .bool(let value): result[key] = value ? "true" : "false"
      case .integer(let number): result[key] = "\(number)"
      default:
        throw Members.bad(
          "\(members.full(name)).\(Members.shown(key))", "is no value",
          expected: "a string, a whole number, true or false",
          found: value.kind)
      }
    }
    return result
  }

  /// Larger scripts than a recipe may have are read too, so that the lint says so.
  private static func script(_ members: inout Members) throws(ControlFailure) -> RecipeBody {
    let text = try members.string("body")
    let encoded = try members.string("body_base64")
    switch (text, encoded) {
    case (let text?, nil): return RecipeBody(Array(text.utf8))
    case (nil, let encoded?):
      guard let body = RecipeBody(base64: encoded) else {
        throw Members.bad("body_base64", "is no base 64", expected: "base 64 with padding", found: "other text")
      }
      return body
    default:
      throw Members.bad(
        "body", "is required", expected: "body, or body_base64 for a script that is not UTF-8",
        found: text == nil ? "neither" : "both")
    }
  }

  private static func line(_ members: inout Members, _ name: String, atMost limit: Int) throws(ControlFailure)
    -> String?
  {
    guard let text = try members.string(name) else { return nil }
    guard text.utf8.count <= limit, isLine(text) else {
      throw Members.bad(
        members.full(name), "cannot be used", expected: "one line of at most \(limit) bytes",
        found: "\(text.utf8.count) bytes")
    }
    return text
  }

  private static func input(_ value: JSON, at path: String) throws(ControlFailure) -> RecipeInputView {
    var members = try Members(value, at: path)
    var view = RecipeInputView(name: try members.required("name"))
    view.kind = try members.string("kind") ?? "string"
    let kinds = RecipeInputKind.allCases.map(\.rawValue)
    guard kinds.contains(view.kind) else {
      throw Members.bad(
        "\(path).kind", "is not known", expected: kinds.joined(separator: ", "), found: Members.shown(view.kind),
        allowed: kinds)
    }
    for (index, choice) in (try members.list("choices", atMost: 64) ?? []).enumerated() {
      guard case .string(let text) = choice else {
        throw Members.bad("\(path).choices[\(index)]", "must be a string", expected: "a string", found: choice.kind)
      }
      view.choices.append(text)
    }
    view.default = try members.string("default")
    view.required = try members.bool("required") ?? false
    view.secret = try members.bool("secret") ?? false
    view.description = try members.string("description") ?? ""
    try members.end()
    return view
  }
}

extension Members {
  mutating func bool(_ name: String) throws(ControlFailure) -> Bool? {
    switch value(name) {
    case nil: return nil
    case .bool(let value): return value
    case .some(let other):
      throw Self.bad(full(name), "must be true or false", expected: "true or false", found: other.kind)
    }
  }
}
