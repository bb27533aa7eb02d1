import PluginKit
import PluginMessages

/// What a container needs of the host's user data, since no cloud-init runs in one: the files that make its SSH server
/// present the host's key and let the keys log in, and how that server is started.
///
/// Holds a private key: never logged, never in the environment or the command of the container.
struct FirstBoot {
  /// Public keys that may log in as root, each once.
  private(set) var authorizedKeys: [String] = []
  /// Host keys: file name below /etc/ssh, text.
  private(set) var hostKeys: [(name: String, text: String)] = []
  /// Whether passwords may log in.
  private(set) var passwords = false

  /// Of the container's first start: it makes a host key of its own before its SSH server begins.
  private static let fresh = "slipway_fresh"

  /// The members of a cloud-config document that mean something to a container; others are refused, not ignored.
  private static let known = [
    "disable_root", "ssh_authorized_keys", "ssh_deletekeys", "ssh_genkeytypes", "ssh_keys", "ssh_pwauth",
  ]

  /// Reads user data; throws INVALID_SPEC for what a container cannot do.
  init(userData: String, keys: [String]) throws(CloudFailure) {
    var document: [String: JSONValue] = [:]
    if !userData.isEmpty {
      guard userData.hasPrefix("#cloud-config\n"),
        case .object(let members)? = try? JSON.decode(JSONValue.self, userData.utf8.dropFirst(14))
      else { throw Self.refused("expected #cloud-config with a JSON object") }
      document = members
    }
    let foreign = document.keys.filter { !Self.known.contains($0) }.sorted()
    guard foreign.isEmpty else {
      throw Self.refused("no cloud-init runs in a container, which does not know \(foreign.joined(separator: ", "))")
    }
    guard document["disable_root"]?.bool != true else { throw Self.refused("root is the only user of a container") }
    passwords = document["ssh_pwauth"]?.bool ?? false
    authorizedKeys = try Self.lines(document["ssh_authorized_keys"])
    for key in keys where !authorizedKeys.contains(key) { authorizedKeys.append(key) }
    guard authorizedKeys.allSatisfy({ !$0.contains(where: \.isNewline) }) else {
      throw Self.refused("a key that may log in has more than one line")
    }
    if case .object(let members)? = document["ssh_keys"] { hostKeys = try Self.hostKeys(members) }
  }

  private static func lines(_ value: JSONValue?) throws(CloudFailure) -> [String] {
    guard case .array(let items)? = value else { return [] }
    let lines = items.compactMap(\.string)
    guard lines.count == items.count else { throw refused("ssh_authorized_keys holds something else than text") }
    return lines
  }

  private static func hostKeys(_ members: [String: JSONValue]) throws(CloudFailure) -> [(name: String, text: String)] {
    var keys: [(name: String, text: String)] = []
    for (member, value) in members.sorted(by: { $0.key < $1.key }) {
      let parts = member.split(separator: "_")
      guard parts.count == 2, ["ed25519", "ecdsa", "rsa"].contains(parts[0]),
        parts[1] == "private" || parts[1] == "public",
        let text = value.string
      else { throw refused("ssh_keys: a member that is no host key") }
      keys.append(
        ("ssh_host_\(parts[0])_key\(parts[1] == "public" ? ".pub" : "")", text.hasSuffix("\n") ? text : text + "\n"))
    }
    guard keys.contains(where: { !$0.name.hasSuffix(".pub") }) else { throw refused("ssh_keys: no private key") }
    return keys
  }

  /// Never quotes what user data holds.
  private static func refused(_ message: String) -> CloudFailure {
    CloudFailure(
      .invalidSpec, "user_data cannot be used for a container: \(message)",
      remedy: "use an offering of a cloud with virtual machines for this", mayExist: false,
      violations: [Violation(path: "user_data", message: message)])
  }

  /// The files, to be unpacked at `/` of a container that was not started yet. Seconds since 1970 date them.
  func archive(at seconds: Int64) -> [UInt8] {
    var tar = Tar(modified: seconds)
    // sshd's folder for privilege separation (Debian), which a system's own boot would make.
    tar.folder("run/sshd", mode: 0o755)
    tar.folder("root/.ssh", mode: 0o700)
    tar.file("root/.ssh/authorized_keys", mode: 0o600, Array((authorizedKeys.joined(separator: "\n") + "\n").utf8))
    for key in hostKeys {
      tar.file("etc/ssh/\(key.name)", mode: key.name.hasSuffix(".pub") ? 0o644 : 0o600, Array(key.text.utf8))
    }
    if hostKeys.isEmpty { tar.file("etc/ssh/\(Self.fresh)", mode: 0o600, []) }
    return tar.archive
  }

  /// Process 1 of the container. Host keys that came with the image are known to everyone who has it, so that only
  /// the ones named here are presented. sshd writes its process id where the host's scripts look for it.
  var command: [String] {
    let named = hostKeys.map(\.name).filter { !$0.hasSuffix(".pub") }
    let sshd =
      ["/usr/sbin/sshd", "-D", "-e"]
      + [
        "PidFile=/run/sshd.pid", "PermitRootLogin=prohibit-password",
        "PasswordAuthentication=\(passwords ? "yes" : "no")",
        "KbdInteractiveAuthentication=no", "AuthorizedKeysFile=.ssh/authorized_keys",
      ].flatMap { ["-o", $0] }
    func keys(_ names: [String]) -> [String] { names.flatMap { ["-o", "HostKey=/etc/ssh/\($0)"] } }
    guard named.isEmpty else { return sshd + keys(named) }
    return ["/bin/sh", "-c", Self.firstStart, "sh"] + sshd + keys(["ssh_host_ed25519_key"])
  }

  private static let firstStart = """
    set -eu
    if [ -e /etc/ssh/\(fresh) ]; then
      rm -f /etc/ssh/ssh_host_*
      ssh-keygen -q -t ed25519 -N '' -C '' -f /etc/ssh/ssh_host_ed25519_key
      rm /etc/ssh/\(fresh)
    fi
    exec "$@"
    """
}
