extension HostKeyRotation {
  /// What is not as it should be after a rotation.
  package enum Problem: Error, Sendable, Hashable {
    /// What the VM printed is not what the script prints, or was cut.
    case unreadable
    /// The new key is not in place.
    case notRotated
    /// A private key is there that is not the new one; this is its public half, or what stands in its place.
    case otherHostKey(String)
    /// User data is still cached on the VM.
    case userDataLeft
    /// These keys of the tenant, algorithm and key, may not log in.
    case tenantKeysMissing([String])
  }

  /// The public key in what `gather` printed, algorithm and key only; nil where there is none.
  package static func newKey(in output: [UInt8]) -> String? {
    guard let lines = section(Mark.hostKey, to: Mark.end, of: text(output)), lines.count == 1 else { return nil }
    let key = bare(lines[0])
    return key.hasPrefix("ssh-ed25519 ") && key.utf8.count < 200 ? key : nil
  }

  /// Judges what `confirm` printed: the new key is the only one, no user data is left, every tenant's key may log in.
  ///
  /// Keys are in OpenSSH form; options and comments do not count.
  package static func check(_ output: [UInt8], newKey: String, tenantKeys: [String]) throws(Problem) {
    let lines = text(output)
    guard let state = section(Mark.state, to: Mark.hostKey, of: lines),
      let hostKeys = section(Mark.hostKey, to: Mark.authorizedKeys, of: lines),
      let authorized = section(Mark.authorizedKeys, to: Mark.end, of: lines)
    else { throw .unreadable }
    guard state.contains("rotated"), !hostKeys.isEmpty else { throw .notRotated }
    let expected = bare(newKey)
    for key in hostKeys.map(bare) where key != expected { throw .otherHostKey(key.isEmpty ? "a file" : key) }
    guard !state.contains("user-data") else { throw .userDataLeft }
    // Options in front may forbid the login: a key counts alone, or with the options that the tenant gave it.
    let alone = Set(authorized.filter { isKeyType($0.prefix { $0 != " " }) }.map(bare))
    let whole = Set(authorized.map(words))
    let missing = tenantKeys.filter { !bare($0).isEmpty && !alone.contains(bare($0)) && !whole.contains(words($0)) }
    guard missing.isEmpty else { throw .tenantKeysMissing(missing.map(bare)) }
  }

  /// Algorithm and key of a line, without options in front and comment behind; empty where there is none.
  static func bare(_ line: String) -> String {
    let words = words(line)
    guard let type = words.firstIndex(where: isKeyType), words.indices.contains(type + 1) else { return "" }
    return "\(words[type]) \(words[type + 1])"
  }

  private static func words(_ line: String) -> [Substring] { line.split { $0 == " " || $0 == "\t" || $0.isNewline } }

  private static func isKeyType(_ word: Substring) -> Bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].contains { word.hasPrefix($0) }
  }

  private static func text(_ output: [UInt8]) -> [String] {
    String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
  }

  /// The lines between the last line that is `begin` and the first one after it that is `end`; what a login script
  /// prints before does not matter.
  private static func section(_ begin: String, to end: String, of lines: [String]) -> [String]? {
    guard let start = lines.lastIndex(of: begin) else { return nil }
    let rest = lines[(start + 1)...]
    guard let stop = rest.firstIndex(of: end) else { return nil }
    return Array(rest[..<stop])
  }
}

extension HostKeyRotation.Problem: CustomStringConvertible {
  /// For people.
  package var description: String {
    switch self {
    case .unreadable: "the VM printed something else than the state of its host key"
    case .notRotated: "the new host key is not in place yet"
    case .otherHostKey(let key): "the VM still has another private host key than the new one: \(key)"
    case .userDataLeft: "cached user data, which holds the bootstrap host key, is left on the VM"
    case .tenantKeysMissing(let keys):
      "keys of the tenant are not in authorized_keys on the VM: \(keys.joined(separator: ", "))"
    }
  }
}
