import PluginKit
import PluginMessages

/// What an offering may set of a container: an allow-list of the engine's `HostConfig`.
///
/// Nothing here opens the engine's machine: no privilege, no mount, no namespace of the host, no device.
struct ContainerOptions: Sendable, Hashable {
  /// Processes and threads at most.
  var pidsLimit: Int64 = 512
  /// Swap beside the memory, in MiB.
  var swapMb: Int64 = 0
  /// Size of the writable layer in GB; nil: not limited. Few storage drivers can.
  var diskGb: Int64?
  /// Size of /dev/shm in MiB; nil: the engine's own default.
  var shmMb: Int64?
  /// When the engine starts the container again by itself.
  var restart = "unless-stopped"
  /// Capabilities to take away.
  var capDrop: [String] = []
  /// Whether setuid programs gain nothing.
  var noNewPrivileges = false
  /// A network of the engine; nil: its default bridge.
  var network: String?
  /// Whether a small init of the engine's is process 1.
  var initProcess = false

  /// What a container has by default and an SSH server can do without (moby, oci/caps/defaults.go).
  static let droppable = [
    "AUDIT_WRITE", "DAC_OVERRIDE", "FOWNER", "FSETID", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETPCAP",
  ]
  static let restarts = ["no", "on-failure", "unless-stopped"]

  static let schema = JSONValue.object([
    "type": .string("object"), "additionalProperties": .bool(false), "properties": .object(properties),
  ])

  private static let properties: [String: JSONValue] = [
    "pids_limit": number("Processes and threads at most", 16, 4_194_304, or: 512),
    "swap_mb": number("Swap beside the memory, in MiB", 0, 16_777_216, or: 0),
    "disk_gb": number(
      "Size of the writable layer in GB; needs a storage driver that can limit it", 1, 1_048_576),
    "shm_mb": number("Size of /dev/shm in MiB", 1, 1_048_576),
    "restart": .object([
      "enum": .array(restarts.map { .string($0) }), "default": .string("unless-stopped"),
      "description": .string("When the engine starts the container again by itself"),
    ]),
    "cap_drop": .object([
      "type": .string("array"), "maxItems": .integer(Int64(droppable.count)),
      "description": .string("Capabilities to take away from the container"),
      "items": .object(["enum": .array(droppable.map { .string($0) })]),
    ]),
    "no_new_privileges": .object([
      "type": .string("boolean"), "default": .bool(false),
      "description": .string("Whether setuid programs such as sudo gain nothing"),
    ]),
    "network": .object([
      "type": .string("string"), "minLength": .integer(1), "maxLength": .integer(64),
      "description": .string("A network of the engine, made by its operator; never that of the host"),
    ]),
    "init": .object([
      "type": .string("boolean"), "default": .bool(false),
      "description": .string("Whether the engine's small init is process 1"),
    ]),
  ]

  private static func number(_ text: String, _ least: Int64, _ most: Int64, or normal: Int64? = nil) -> JSONValue {
    var schema: [String: JSONValue] = [
      "type": .string("integer"), "minimum": .integer(least), "maximum": .integer(most),
      "description": .string(text),
    ]
    schema["default"] = normal.map { .integer($0) }
    return .object(schema)
  }

  /// Reads an offering's configuration. The host has checked it against the schema; what is not on the list here is
  /// a violation all the same.
  static func read(_ config: JSONValue, at path: String) -> (options: ContainerOptions, violations: [Violation]) {
    var options = ContainerOptions()
    guard case .object(let members) = config else { return (options, []) }
    var violations: [Violation] = []
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      if let message = options.set(name, value) {
        violations.append(
          Violation(
            path: "\(path).\(name)", message: message, allowed: properties[name] == nil ? properties.keys.sorted() : []
          ))
      }
    }
    return (options, violations)
  }

  /// Sets one member; returns what is wrong with it.
  private mutating func set(_ name: String, _ value: JSONValue) -> String? {
    switch (name, value) {
    case ("pids_limit", .integer(let number)) where (16...4_194_304).contains(number): pidsLimit = number
    case ("swap_mb", .integer(let number)) where (0...16_777_216).contains(number): swapMb = number
    case ("disk_gb", .integer(let number)) where (1...1_048_576).contains(number): diskGb = number
    case ("shm_mb", .integer(let number)) where (1...1_048_576).contains(number): shmMb = number
    case ("restart", .string(let text)) where Self.restarts.contains(text): restart = text
    case ("no_new_privileges", .bool(let flag)): noNewPrivileges = flag
    case ("init", .bool(let flag)): initProcess = flag
    case ("network", .string(let text)):
      guard Self.isNetwork(text) else {
        return "expected the name of one of the engine's own networks, found '\(text.prefix(80))'"
      }
      network = text
    case ("cap_drop", .array(let items)):
      let names = items.compactMap(\.string)
      guard names.count == items.count, names.allSatisfy(Self.droppable.contains) else {
        return "expected some of \(Self.droppable.joined(separator: ", "))"
      }
      capDrop = names
    default:
      return Self.properties[name] == nil ? "is not something that an offering may set" : "has a value that cannot be"
    }
    return nil
  }

  /// Whether the text can be the name of a network: `host`, `none` and `container:…` are not networks but namespaces, in
  /// whatever case, and 64 hexadecimal digits are a network's id, which the engine takes before any name.
  static func isNetwork(_ text: String) -> Bool {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8
    guard let first = text.utf8.first, letters.contains(first), text.utf8.count <= 64 else { return false }
    guard !ContainerID.isWhole(text.lowercased()), !["host", "none", "default"].contains(text.lowercased()) else {
      return false
    }
    return text.utf8.allSatisfy { letters.contains($0) || "_.-".utf8.contains($0) }
  }
}
