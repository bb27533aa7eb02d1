import Model

/// Reads and checks request bodies; pure. Nothing of a credential ever enters an error.
package enum RequestDecoding {
  /// Reads POST /v1/plugins: the path of a file.
  package static func plugin(_ body: [UInt8]) throws(ControlFailure) -> String {
    var members = try Members(tree(body))
    let path = try members.required("path")
    try members.end()
    guard path.hasPrefix("/"), path.hasSuffix(".so"), path.utf8.count < 4096, isLine(path) else {
      throw Members.bad(
        "path", "cannot be used", expected: "an absolute path of a file NAME.so", found: Members.shown(path))
    }
    return path
  }

  /// Reads POST /v1/plugins/{id}/approve: the digest of the image that was looked at.
  package static func approval(_ body: [UInt8]) throws(ControlFailure) -> String {
    var members = try Members(tree(body))
    let digest = try members.required("sha256")
    try members.end()
    guard digest.utf8.count == 64, digest.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
      throw Members.bad(
        "sha256", "is no digest", expected: "64 lower-case hexadecimal digits", found: Members.shown(digest))
    }
    return digest
  }

  /// Reads POST /v1/accounts.
  package static func account(_ body: [UInt8]) throws(ControlFailure) -> NewAccount {
    var members = try Members(tree(body))
    let name = try checkedName(members.required("name"), "name")
    let plugin = try checkedName(members.required("plugin"), "plugin")
    let secret = try members.string("credential")
    let endpoints = try members.object("endpoints")
    let settings = try members.object("settings") ?? .object([:])
    let given = try members.object("limits")
    try members.end()
    return NewAccount(
      name: name, plugin: plugin, credential: try secret.map(credential), endpoints: try overrides(endpoints),
      settings: settings,
      limits: try given.map { value throws(ControlFailure) in try Self.limits(value, at: "limits") } ?? LimitsView())
  }

  /// Reads POST /v1/accounts/{name}/rotate.
  package static func rotation(_ body: [UInt8]) throws(ControlFailure) -> Credential {
    var members = try Members(tree(body))
    let secret = try members.required("credential")
    try members.end()
    return try credential(secret)
  }

  /// Reads the state of a listing's filter: one of the states that there are.
  package static func state(_ text: String?) throws(ControlFailure) -> String? {
    guard let text, !ResourceState.names.contains(text) else { return text }
    let allowed = ResourceState.names
    throw Members.bad(
      "state", "is not known", expected: allowed.joined(separator: ", "), found: Members.shown(text),
      remedy: Nearest.candidate(to: text, among: allowed).map { "did you mean \($0)?" }, allowed: allowed)
  }

  /// Reads POST /v1/offerings; a file with an offering is checked by the same rules.
  ///
  /// `named` is a name from elsewhere; the body may then leave it out, and may say no other.
  package static func offering(_ body: [UInt8], named: String? = nil) throws(ControlFailure) -> NewOffering {
    var members = try Members(tree(body))
    let own = try members.string("name")
    if let named, let own, named != own {
      throw Members.bad("name", "is not the one asked for", expected: Members.shown(named), found: Members.shown(own))
    }
    guard let chosen = own ?? named else {
      throw Members.bad("name", "is required", expected: "a string", found: "nothing")
    }
    let name = try checkedName(chosen, "name")
    let notify = try notify(members.value("notify"))
    let list = try members.list("placements", atMost: 16)
    let config = try members.object("config") ?? .object([:])
    let recipe = try offeringRecipe(members.value("recipe"))
    let readiness = try members.string("readiness") ?? (recipe == nil ? "ssh" : "recipe")
    let deadline = try members.integer("provision_deadline_s", in: 30...86_400)
    let onFailure = try members.string("on_failure")
    let keepFor = try members.integer("keep_for_s", in: 60...604_800)
    let removesAccess = try members.flag("removes_access")
    try members.end()
    try check(onFailure, keepFor, removesAccess, readiness: readiness)
    guard let list, !list.isEmpty else {
      throw Members.bad("placements", "is required", expected: "1 to 16 placements", found: "none")
    }
    let known = Readiness.allCases.map(\.rawValue)
    guard known.contains(readiness) else {
      throw Members.bad(
        "readiness", "is not known", expected: "cloud, ssh or recipe", found: Members.shown(readiness), allowed: known)
    }
    guard (readiness == "recipe") == (recipe != nil) else {
      throw Members.bad(
        "readiness", recipe == nil ? "is recipe, but there is none" : "is \(readiness), but there is a recipe",
        expected: "readiness recipe exactly where there is a recipe", found: readiness,
        remedy: recipe == nil ? "name one in recipe" : "leave readiness out")
    }
    var placements: [PlacementView] = []
    for (index, element) in list.enumerated() { placements.append(try placement(element, at: "placements[\(index)]")) }
    var new = NewOffering(
      name: name, placements: placements, config: config, readiness: readiness, provisionDeadlineS: deadline,
      recipe: recipe, onFailure: onFailure, keepForS: keepFor, removesAccess: removesAccess)
    new.notify = notify
    return new
  }

  /// What is done when a recipe failed, and with our own access, has to make sense together.
  private static func check(
    _ onFailure: String?, _ keepFor: Int?, _ removesAccess: Bool?, readiness: String
  ) throws(ControlFailure) {
    let known = ["end", "next", "keep"]
    if let onFailure, !known.contains(onFailure) {
      throw Members.bad(
        "on_failure", "is not known", expected: "end, next or keep", found: Members.shown(onFailure), allowed: known)
    }
    if keepFor != nil && onFailure != "keep" {
      throw Members.bad("keep_for_s", "needs on_failure keep", expected: "keep", found: onFailure ?? "nothing")
    }
    if removesAccess == true && readiness == "cloud" {
      throw Members.bad(
        "removes_access", "needs a machine that was reached", expected: "readiness ssh or recipe", found: readiness)
    }
  }

  /// Reads POST /v1/resources.
  package static func resource(_ body: [UInt8]) throws(ControlFailure) -> NewResource {
    var members = try Members(tree(body))
    let offering = try checkedName(members.required("offering"), "offering")
    let tenant = try members.string("tenant") ?? ""
    let list = try members.list("ssh_keys", atMost: 16) ?? []
    let expires = try members.integer("expires_in_s", in: 60...31_536_000)
    let inputs = try givenInputs(&members)
    let cap = try price(&members, "max_hourly")
    let trial = try members.string("trial")
    try members.end()
    if let trial {
      _ = try RecipeName(trial, at: "trial")
      guard expires != nil else {
        throw Members.bad(
          "expires_in_s", "is required with trial", expected: "seconds after which the machine ends whatever happens",
          found: "nothing")
      }
    }
    guard tenant.utf8.count <= 128, isLine(tenant) else {
      throw Members.bad(
        "tenant", "cannot be used", expected: "at most 128 bytes without control characters", found: "other text")
    }
    var keys: [String] = []
    for (index, element) in list.enumerated() { keys.append(try sshKey(element, at: "ssh_keys[\(index)]")) }
    return NewResource(
      offering: offering, tenant: tenant, sshKeys: keys, expiresInS: expires, inputs: inputs, trial: trial,
      maxHourly: cap)
  }

  /// Reads POST /v1/resources/{id}/power.
  package static func power(_ body: [UInt8]) throws(ControlFailure) -> PowerAction {
    var members = try Members(tree(body))
    let text = try members.required("action")
    try members.end()
    let allowed = PowerAction.allCases.map(\.rawValue)
    guard let action = PowerAction(rawValue: text) else {
      throw Members.bad(
        "action", "is not known", expected: allowed.joined(separator: ", "), found: Members.shown(text),
        allowed: allowed)
    }
    return action
  }

  /// Checks an Idempotency-Key: 1 to 128 printable ASCII characters.
  package static func idempotencyKey(_ header: String?) throws(ControlFailure) -> String {
    let remedy = "send a value of your own that is new for each resource, such as a random UUID"
    guard let header, !header.isEmpty else {
      throw ControlFailure(
        .badRequest, "the header Idempotency-Key is missing", expected: "1 to 128 printable characters",
        found: "nothing", remedy: remedy)
    }
    guard header.utf8.count <= 128, header.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw ControlFailure(
        .badRequest, "the header Idempotency-Key cannot be used", expected: "1 to 128 printable characters",
        found: "\(header.utf8.count) bytes", remedy: remedy)
    }
    return header
  }

  /// Whether the text is a name: 1 to 63 of `a-z 0-9 . _ -`, the first a letter or digit.
  package static func isName(_ text: String) -> Bool {
    let isFirst: (UInt8) -> Bool = { (97...122).contains($0) || (48...57).contains($0) }
    guard let first = text.utf8.first, isFirst(first), text.utf8.count <= 63 else { return false }
    return text.utf8.allSatisfy { isFirst($0) || $0 == 45 || $0 == 46 || $0 == 95 }
  }

  static func tree(_ body: [UInt8]) throws(ControlFailure) -> JSON {
    guard let tree = ControlCoding.tree(body) else {
      throw ControlFailure(
        .badRequest, "the body is not JSON", expected: "one JSON object",
        found: body.isEmpty ? "nothing" : "\(body.count) bytes of something else",
        remedy: "docs/control-api.md shows the body of each request")
    }
    return tree
  }

  static func checkedName(_ text: String, _ path: String) throws(ControlFailure) -> String {
    guard isName(text) else {
      throw Members.bad(
        path, "is not a name", expected: "1 to 63 of a-z 0-9 . _ -, beginning with a letter or digit",
        found: Members.shown(text))
    }
    return text
  }

  private static func credential(_ text: String) throws(ControlFailure) -> Credential {
    // A trailing line feed is what editors and echo leave; no scheme can carry one.
    var text = text
    while let last = text.last, last.isWhitespace { text.removeLast() }
    guard !text.isEmpty, text.utf8.count <= 8192, isLine(text) else {
      throw Members.bad(
        "credential", "cannot be used", expected: "one line of 1 to 8192 bytes",
        found: text.isEmpty ? "nothing" : "\(text.utf8.count) bytes or several lines")
    }
    return Credential(text)
  }

  private static func overrides(_ value: JSON?) throws(ControlFailure) -> [String: EndpointOverride] {
    guard case .object(let members)? = value else { return [:] }
    var result: [String: EndpointOverride] = [:]
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      let path = "endpoints.\(Members.shown(name))"
      guard isName(name), result.count < 16 else {
        throw Members.bad(path, "cannot be used", expected: "at most 16 endpoint names", found: Members.shown(name))
      }
      var fields = try Members(value, at: path)
      let url = try fields.string("url")
      let socket = try fields.string("unix_socket")
      try fields.end()
      if let url, !isBaseAddress(url) {
        throw Members.bad(
          "\(path).url", "is not a base address", expected: "http:// or https://, a host, and at most a path",
          found: "other text", remedy: "leave out user names, query and fragment; the credential goes elsewhere")
      }
      if let socket, !socket.hasPrefix("/") || socket.utf8.count > 107 || !isLine(socket) {
        throw Members.bad(
          "\(path).unix_socket", "is not a socket path", expected: "an absolute path of at most 107 bytes",
          found: Members.shown(socket))
      }
      guard url != nil || socket != nil else {
        throw Members.bad(path, "is empty", expected: "url or unix_socket", found: "neither")
      }
      result[name] = EndpointOverride(url: url, unixSocket: socket)
    }
    return result
  }

  /// A first look only; the broker takes the address apart by its own rules.
  private static func isBaseAddress(_ text: String) -> Bool {
    let rest: Substring
    if text.hasPrefix("https://") { rest = text.dropFirst(8) } else { rest = text.dropFirst(7) }
    guard text.hasPrefix("https://") || text.hasPrefix("http://"), let first = rest.first, first != "/" else {
      return false
    }
    return text.utf8.count <= 2048 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@?#\\".utf8.contains($0) }
  }

  private static func placement(_ value: JSON, at path: String) throws(ControlFailure) -> PlacementView {
    var members = try Members(value, at: path)
    let account = try checkedName(members.required("account"), "\(path).account")
    var words: [String] = []
    for name in ["type", "location", "image"] {
      let word = try members.required(name)
      guard !word.isEmpty, word.utf8.count <= 256, isLine(word) else {
        throw Members.bad("\(path).\(name)", "cannot be used", expected: "1 to 256 bytes", found: Members.shown(word))
      }
      words.append(word)
    }
    try members.end()
    return PlacementView(account: account, type: words[0], location: words[1], image: words[2])
  }

  private static func sshKey(_ value: JSON, at path: String) throws(ControlFailure) -> String {
    guard case .string(let text) = value else {
      throw Members.bad(path, "must be a string", expected: "a string", found: value.kind)
    }
    do { return try SSHKeyLine.checked(text) } catch {
      throw Members.bad(path, error.problem, expected: error.expected, found: error.found, remedy: error.remedy)
    }
  }

  /// Whether the text has no control characters, line feeds among them.
  static func isLine(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }
}
