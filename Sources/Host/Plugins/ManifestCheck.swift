import FoundationEssentials
package import PluginMessages

/// Why a manifest is refused; for the operator, without the file's and the plugin's name.
package struct ManifestFault: Error, Sendable, Hashable {
  /// Everything that is wrong, at most 20 things.
  package let problems: [String]
}

extension ManifestFault: CustomStringConvertible {
  /// The problems in one line.
  package var description: String { problems.joined(separator: "; ") }
}

/// A plugin's manifest, read, checked and clamped to its documented ranges.
package struct CheckedManifest: Sendable, Hashable {
  /// The manifest; every number within its range, every text fit for a terminal.
  package let manifest: PluginManifest
  /// Schema of the account settings; anything goes where the plugin gave none.
  package let settings: SchemaNode
  /// Schema of the offering configuration.
  package let offering: SchemaNode

  /// Reads a manifest whose plugin said `id` and `version` in its table.
  package init(_ bytes: [UInt8], id: String, version: String) throws(ManifestFault) {
    var manifest: PluginManifest
    do {
      manifest = try JSONDecoder().decode(PluginManifest.self, from: Data(bytes))
    } catch {
      throw ManifestFault(problems: ["the manifest is malformed: \(Self.text(error))"])
    }
    var problems: [String] = []
    if !PluginManifest.isID(manifest.id) {
      problems.append("the id \"\(PlainText.line(manifest.id, limit: 64))\" is not 1 to 32 of a-z, 0-9 and '-'")
    }
    if manifest.id != id {
      problems.append(
        "the manifest says id \"\(PlainText.line(manifest.id, limit: 64))\", the plugin's table \"\(id)\"")
    }
    if manifest.version != version {
      problems.append(
        "the manifest says version \"\(PlainText.line(manifest.version, limit: 64))\", the plugin's table \"\(version)\""
      )
    }
    if !Self.isSemanticVersion(version) {
      problems.append("the version \"\(PlainText.line(version, limit: 64))\" is none such as 1.2.0")
    }
    if manifest.network != "brokered", manifest.network != "direct" {
      problems.append(
        "network is \"\(PlainText.line(manifest.network, limit: 64))\"; expected \"brokered\" or \"direct\"")
    }
    if !Self.isIdentifier(manifest.sshUser, limit: 32, extra: "-_") {
      problems.append("ssh_user \"\(PlainText.line(manifest.sshUser, limit: 64))\" is no user name")
    }
    Self.checkEndpoints(manifest, &problems)
    Self.checkRoutes(manifest, &problems)
    settings = Self.schema(manifest.settingsSchema, "settings_schema", &problems)
    offering = Self.schema(manifest.offeringSchema, "offering_schema", &problems)
    if !problems.isEmpty { throw ManifestFault(problems: Array(problems.prefix(20))) }
    Self.clamp(&manifest)
    self.manifest = manifest
  }

  private static func clamp(_ manifest: inout PluginManifest) {
    manifest.name = PlainText.line(manifest.name, limit: 64)
    if manifest.name.isEmpty { manifest.name = manifest.id }
    manifest.vendor = manifest.vendor.map { PlainText.line($0, limit: 64) }
    manifest.license = manifest.license.map { PlainText.line($0, limit: 64) }
    manifest.capabilities = manifest.capabilities.prefix(64).map { PlainText.line($0, limit: 64) }
    manifest.maxConcurrency = min(max(manifest.maxConcurrency, 1), 64)
    manifest.maxPollBatch = min(max(manifest.maxPollBatch, 1), 1000)
    manifest.settleWindowS = min(max(manifest.settleWindowS, 0), 86_400)
    manifest.lateWindowS = min(max(manifest.lateWindowS, manifest.settleWindowS), 30 * 86_400)
    if var rate = manifest.rate {
      rate.perHour = rate.perHour.map { min(max($0, 1), 100_000_000) }
      rate.perSecond = rate.perSecond.map { min(max($0, 1), 100_000) }
      rate.limitHeader = rate.limitHeader.map { PlainText.line($0.lowercased(), limit: 64) }
      rate.remainingHeader = rate.remainingHeader.map { PlainText.line($0.lowercased(), limit: 64) }
      rate.resetHeader = rate.resetHeader.map { PlainText.line($0.lowercased(), limit: 64) }
      manifest.rate = rate
    }
  }

  private static func checkEndpoints(_ manifest: PluginManifest, _ problems: inout [String]) {
    if manifest.endpoints.count > 32 { problems.append("\(manifest.endpoints.count) endpoints; at most 32") }
    var names: Set<String> = []
    for endpoint in manifest.endpoints.prefix(32) {
      let name = PlainText.line(endpoint.name, limit: 64)
      if !isIdentifier(endpoint.name, limit: 32, extra: "-_") {
        problems.append("endpoint \"\(name)\": the name is not 1 to 32 of a-z, 0-9, '-', '_'")
      }
      if !names.insert(endpoint.name).inserted { problems.append("endpoint \"\(name)\" is there twice") }
      if let base = endpoint.baseUrl, !isBase(base) {
        problems.append("endpoint \"\(name)\": base_url must begin with https:// or http:// and name a host")
      }
      switch endpoint.auth.kind {
      case .header, .query:
        if !isToken(endpoint.auth.name ?? "") {
          problems.append("endpoint \"\(name)\": auth \(endpoint.auth.kind.rawValue) needs a name")
        }
      default: break
      }
    }
  }

  private static func checkRoutes(_ manifest: PluginManifest, _ problems: inout [String]) {
    let endpoints = Set(manifest.endpoints.map(\.name))
    for (verb, routes) in manifest.routes.sorted(by: { $0.key < $1.key }) {
      let verb = PlainText.line(verb, limit: 32)
      if PluginVerb(name: verb) == nil { problems.append("routes of unknown verb \"\(verb)\"") }
      if routes.count > 256 { problems.append("\(routes.count) routes of \(verb); at most 256") }
      for route in routes.prefix(256) {
        let place =
          "route \(PlainText.line(route.method, limit: 16)) \(PlainText.line(route.path, limit: 128)) of \(verb)"
        if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(route.method) {
          problems.append("\(place): unknown method")
        }
        if !isPath(route.path) { problems.append("\(place): the path must begin with one '/'") }
        if !endpoints.contains(route.endpoint) {
          problems.append("\(place): endpoint \"\(PlainText.line(route.endpoint, limit: 64))\" is not declared")
        }
      }
    }
    for path in manifest.postReads where !isPath(path) {
      problems.append("post_reads \"\(PlainText.line(path, limit: 128))\": the path must begin with one '/'")
    }
  }

  private static func schema(_ json: JSONValue?, _ name: String, _ problems: inout [String]) -> SchemaNode {
    guard let json else { return .always(true) }
    do throws(SchemaFault) { return try SchemaNode(json) } catch {
      problems.append("\(name): \(error.path.isEmpty ? "the root" : error.path): \(error.message)")
      return .always(false)
    }
  }

  private static func isIdentifier(_ text: String, limit: Int, extra: String) -> Bool {
    (1...limit).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789\(extra)".unicodeScalars.contains($0) }
  }

  /// Three numbers with dots between, then perhaps '-' or '+' and letters, digits, '.', '-', '+'; at most 64 bytes.
  private static func isSemanticVersion(_ text: String) -> Bool {
    let extra = text.firstIndex { $0 == "-" || $0 == "+" } ?? text.endIndex
    let numbers = text[..<extra].split(separator: ".", omittingEmptySubsequences: false)
    return text.utf8.count <= 64 && numbers.count == 3
      && numbers.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
      && text[extra...].unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || "0123456789.-+".unicodeScalars.contains($0))
      }
  }

  private static func isToken(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        $0 > 0x20 && $0 < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains($0)
      }
  }

  private static func isPath(_ text: String) -> Bool {
    text.utf8.count <= 1024 && text.hasPrefix("/") && !text.hasPrefix("//")
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") }
  }

  private static func isBase(_ text: String) -> Bool {
    let rest = text.hasPrefix("https://") ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
    return text.utf8.count <= 2048 && !rest.isEmpty && !rest.hasPrefix("/")
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") }
  }

  private static func text(_ error: any Error) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "the root" : path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
    let text: String
    switch error as? DecodingError {
    case .keyNotFound(let key, let context): text = "\(key.stringValue) is missing in \(place(context.codingPath))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      text = "\(place(context.codingPath)) has the wrong type"
    case .dataCorrupted(let context): text = "\(place(context.codingPath)): \(context.debugDescription)"
    default: text = "it cannot be read"
    }
    return PlainText.line(text, limit: 256)
  }
}
