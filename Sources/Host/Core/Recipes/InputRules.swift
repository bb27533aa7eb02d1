package import Model

/// The rules of a recipe's inputs and of the values that are given for them; pure. No message holds a value.
package enum InputRules {
  /// Values in their two kinds.
  package struct Values: Sendable, Hashable {
    /// No secrets.
    package var plain: [String: String]
    /// Secrets.
    package var secret: [String: String]

    /// Makes values.
    package init(plain: [String: String] = [:], secret: [String: String] = [:]) {
      self.plain = plain
      self.secret = secret
    }
  }

  /// Why values cannot be used.
  package struct Refusal: Error, Sendable, Hashable {
    /// Each thing that is wrong.
    package var violations: [Violation]
  }

  /// The fewest bytes of a secret: a shorter one cannot be told from other text in what a run prints.
  package static let leastSecret = 4

  /// What is wrong with the inputs that a version declares.
  package static func violations(_ inputs: [RecipeInput]) -> [Violation] {
    var found: [Violation] = []
    var seen: Set<String> = []
    if inputs.count > RecipeLimits.inputs {
      found.append(
        Violation(path: "inputs", message: "are \(inputs.count); at most \(RecipeLimits.inputs) are possible"))
    }
    for input in inputs.prefix(RecipeLimits.inputs) {
      let path = "inputs.\(input.name.prefix(64))"
      func wrong(_ message: String) { found.append(Violation(path: path, message: message)) }
      if !isName(input.name) { wrong("is not a name of A-Z, 0-9 and _, at most 64, not beginning with a digit") }
      if isReserved(input.name) { wrong("is a name that the run itself sets") }
      if !seen.insert(input.name).inserted { wrong("is there twice") }
      if input.description.utf8.count > 256 || !isLine(input.description) {
        wrong("has a description that is no line of at most 256 bytes")
      }
      if input.kind == .choice {
        if input.choices.isEmpty || input.choices.count > 64 { wrong("is a choice among 1 to 64 values") }
        if Set(input.choices).count != input.choices.count { wrong("offers a choice twice") }
        if input.choices.contains(where: { $0.isEmpty || $0.utf8.count > 256 || !isLine($0) }) {
          wrong("offers a choice that is no line of 1 to 256 bytes")
        }
      } else if !input.choices.isEmpty {
        wrong("has choices, but is no choice")
      }
      if let value = input.defaultValue {
        if input.secret { wrong("is secret, so it cannot have a default, which everyone may read") }
        if input.required { wrong("is required, and so has no default") }
        if let problem = problem(value, of: input) { wrong("has a default that \(problem)") }
      }
    }
    return found
  }

  /// The values of a use, from what is given on top of what is settled already.
  ///
  /// A secret input's value has to be given as a secret; another one's may be. With `isComplete`, defaults are filled in and
  /// what is required has to be there.
  package static func values(
    _ inputs: [RecipeInput], given: Values, settled: Set<String> = [], isComplete: Bool
  ) throws(Refusal) -> Values {
    var result = Values()
    var found: [Violation] = []
    let names = inputs.map(\.name)
    for name in Set(given.plain.keys).union(given.secret.keys).sorted() {
      let path = "inputs.\(name.prefix(64))"
      guard let input = inputs.first(where: { $0.name == name }) else {
        found.append(Violation(path: path, message: "is no input of the recipe", allowed: names))
        continue
      }
      guard !settled.contains(name) else {
        found.append(Violation(path: path, message: "is settled by the offering already"))
        continue
      }
      guard given.plain[name] == nil || given.secret[name] == nil else {
        found.append(Violation(path: path, message: "is given twice"))
        continue
      }
      if input.secret && given.plain[name] != nil {
        found.append(
          Violation(
            path: path,
            message:
              "is secret: give it in secret_inputs (--input-file NAME=FILE); replace the value that was in the open"))
        continue
      }
      guard let value = given.secret[name] ?? given.plain[name] else { continue }
      if let problem = problem(value, of: input) {
        found.append(Violation(path: path, message: problem, allowed: input.choices))
      } else if input.secret {
        result.secret[name] = value
      } else {
        result.plain[name] = value
      }
    }
    for input in inputs where isComplete && !settled.contains(input.name) {
      guard result.plain[input.name] == nil && result.secret[input.name] == nil else { continue }
      if let value = input.defaultValue {
        result.plain[input.name] = value
      } else if input.required, !found.contains(where: { $0.path == "inputs.\(input.name)" }) {
        found.append(Violation(path: "inputs.\(input.name)", message: "is required"))
      }
    }
    let bytes = (Array(result.plain.values) + Array(result.secret.values)).reduce(0) { $0 + $1.utf8.count }
    if bytes > RecipeLimits.valuesBytes {
      found.append(
        Violation(
          path: "inputs", message: "have \(bytes) bytes together; at most \(RecipeLimits.valuesBytes) are possible"))
    }
    guard found.isEmpty else { throw Refusal(violations: found) }
    return result
  }

  /// What is wrong with a value, to follow the input's name; nil: nothing.
  package static func problem(_ value: String, of input: RecipeInput) -> String? {
    guard value.utf8.count <= RecipeLimits.valueBytes else {
      return "has \(value.utf8.count) bytes; at most \(RecipeLimits.valueBytes) are possible"
    }
    guard !value.utf8.contains(0) else { return "holds a NUL byte, which no environment can carry" }
    if input.secret && value.utf8.count < leastSecret {
      return "is shorter than \(leastSecret) bytes, so it could not be taken out of what the run prints"
    }
    switch input.kind {
    case .string: return nil
    case .integer:
      let digits = value.hasPrefix("-") ? value.dropFirst() : value[...]
      let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (48...57).contains($0) } && Int64(value) != nil
      return isNumber ? nil : "is not a whole number in decimal digits"
    case .boolean: return value == "true" || value == "false" ? nil : "is neither true nor false"
    case .choice: return input.choices.contains(value) ? nil : "is none of its choices"
    }
  }

  /// Whether the text is `[A-Z_][A-Z0-9_]*` of at most 64 bytes.
  package static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first), text.utf8.count <= 64 else { return false }
    return text.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
  }

  /// Whether the run, the shell or the loader gives the name a meaning of its own.
  package static func isReserved(_ name: String) -> Bool {
    let names = [
      "PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS",
      "SHLVL", "TERM", "PS4", "CDPATH", "GLOBIGNORE", "DEBIAN_FRONTEND",
    ]
    return names.contains(name) || ["SLIPWAY_", "LD_", "BASH_", "PYTHON"].contains { name.hasPrefix($0) }
  }

  static func isLine(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }
}
