/// What a `#cloud-config` asks of a VM's first boot, as far as cloud-init's modules are simulated.
///
/// The body must be JSON, which is valid YAML; other YAML is refused with a problem. Names and meanings are
/// those of cloud-init's module reference.
package struct CloudConfig: Sendable, Hashable {
  /// `hostname`; nil keeps the server's name.
  package var hostname: String?
  /// `ssh_keys`: private and public text by file, such as `ssh_host_ed25519_key`.
  package var hostKeys: [File] = []
  /// `ssh_deletekeys`, which keeps no key of the image; true where absent.
  package var deletesKeys = true
  /// `ssh_authorized_keys`, for the default user, which is root.
  package var authorizedKeys: [String] = []
  /// `disable_root`: root's keys only say that another user must be taken.
  package var disablesRoot = false
  /// `users`, without `default`.
  package var users: [User] = []
  /// `write_files`.
  package var files: [File] = []
  /// `runcmd`, each as one line of shell.
  package var commands: [String] = []
  /// What could not be understood, for the console.
  package var problems: [String] = []

  /// A file to write.
  package struct File: Sendable, Hashable {
    /// Absolute path.
    package var path: String
    /// Content.
    package var content: [UInt8]
    /// Mode in octal digits.
    package var permissions: String
    /// `user` or `user:group`.
    package var owner: String
    /// Whether the content goes behind what is there.
    package var append: Bool
  }

  /// A user to make.
  package struct User: Sendable, Hashable {
    /// Login name.
    package var name: String
    /// Public keys.
    package var authorizedKeys: [String]
    /// Shell.
    package var shell: String
  }

  /// Reads user data; anything but `#cloud-config`, `#!` and nothing is a problem.
  package init(userData: String) {
    guard !userData.isEmpty else { return }
    if userData.hasPrefix("#!") {
      commands = [userData]
      return
    }
    guard userData.hasPrefix("#cloud-config") else {
      problems = ["user_data begins neither with #cloud-config nor with #!"]
      return
    }
    let body = userData.drop { $0 != "\n" }
    guard let json = JSON(parsing: String(body)), json.members != nil else {
      problems = ["the body of #cloud-config is not a JSON object, and this simulator reads no other YAML"]
      return
    }
    read(json)
  }

  private mutating func read(_ json: JSON) {
    hostname = json["hostname"]?.string
    deletesKeys = json["ssh_deletekeys"]?.bool ?? true
    disablesRoot = json["disable_root"]?.bool ?? false
    authorizedKeys = (json["ssh_authorized_keys"]?.array ?? []).compactMap(\.string)
    readHostKeys(json["ssh_keys"])
    for item in json["users"]?.array ?? [] where item != "default" {
      guard let name = item["name"]?.string ?? item.string, CloudConfig.isLogin(name) else {
        problems.append("users: \(item.text) has no usable name")
        continue
      }
      let keys = item["ssh_authorized_keys"] ?? item["ssh-authorized-keys"]
      users.append(
        User(
          name: name, authorizedKeys: (keys?.array ?? []).compactMap(\.string),
          shell: item["shell"]?.string ?? "/bin/bash"))
    }
    for item in json["write_files"]?.array ?? [] { readFile(item) }
    for item in json["runcmd"]?.array ?? [] {
      if let line = item.string {
        commands.append(line)
      } else if let words = item.array {
        commands.append(words.map { CloudConfig.quoted($0.string ?? $0.text) }.joined(separator: " "))
      } else if !item.isNull {
        problems.append("runcmd: \(item.text) is neither a string nor a list")
      }
    }
  }

  private mutating func readHostKeys(_ json: JSON?) {
    for member in json?.members ?? [] {
      let parts = member.name.split(separator: "_")
      guard parts.count == 2, ["ed25519", "rsa", "ecdsa"].contains(parts[0]), let text = member.value.string,
        parts[1] == "private" || parts[1] == "public"
      else {
        problems.append("ssh_keys: \(member.name) is unknown")
        continue
      }
      let isPublic = parts[1] == "public"
      hostKeys.append(
        File(
          path: "/etc/ssh/ssh_host_\(parts[0])_key\(isPublic ? ".pub" : "")",
          content: Array((text.hasSuffix("\n") ? text : text + "\n").utf8), permissions: isPublic ? "0644" : "0600",
          owner: "root:root", append: false))
    }
  }

  private mutating func readFile(_ json: JSON) {
    guard let path = json["path"]?.string, path.hasPrefix("/") else {
      return problems.append("write_files: an entry has no absolute path")
    }
    let text = json["content"]?.string ?? ""
    let content: [UInt8]
    switch json["encoding"]?.string ?? "text/plain" {
    case "text/plain": content = Array(text.utf8)
    case "b64", "base64":
      guard let bytes = Base64.decode(text) else { return problems.append("write_files: \(path): bad base64") }
      content = bytes
    case let other: return problems.append("write_files: \(path): encoding \(other) is not simulated")
    }
    let mode = json["permissions"]?.string ?? "0644"
    let owner = json["owner"]?.string ?? "root:root"
    guard mode.utf8.allSatisfy({ (0x30...0x37).contains($0) }), (3...5).contains(mode.utf8.count) else {
      return problems.append("write_files: \(path): permissions \(mode) are not octal")
    }
    files.append(
      File(path: path, content: content, permissions: mode, owner: owner, append: json["append"]?.bool ?? false))
  }

  private static func isLogin(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, bytes.count <= 32, first != UInt8(ascii: "-") else { return false }
    return bytes.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || "-_".utf8.contains(byte)
    }
  }

  /// A word that the shell takes as it is.
  static func quoted(_ text: String) -> String {
    var out = "'"
    for character in text.unicodeScalars {
      if character == "'" { out += "'\\''" } else { out.unicodeScalars.append(character) }
    }
    return out + "'"
  }
}
