import PluginKit
import PluginMessages

/// Ids of containers.
enum ContainerID {
  /// Whether it is a whole id: the engine also takes names, and any beginning of an id that only one container has.
  static func isWhole(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// Reads an external id; throws INVALID_SPEC when it is no whole id.
  static func check(_ externalId: String) throws(CloudFailure) -> String {
    guard isWhole(externalId) else { throw .noWholeID(externalId) }
    return externalId
  }
}

extension CloudFailure {
  /// An external id that cannot be a container's.
  static func noWholeID(_ text: String) -> CloudFailure {
    CloudFailure(
      .invalidSpec, "'\(text.prefix(80))' is not the id of a container: expected 64 hexadecimal digits",
      remedy: "none; the record holds an id of another cloud", mayExist: false)
  }
}

/// What the engine calls a container's states.
enum ContainerState: String, Decodable, Sendable {
  case created, running, paused, restarting, removing, exited, dead, unknown

  init(from decoder: any Decoder) throws {
    self = Self(rawValue: (try? decoder.singleValueContainer().decode(String.self)) ?? "") ?? .unknown
  }

  /// Whether it has ended, or ends again and again.
  var isOver: Bool { self == .exited || self == .dead || self == .restarting }
}

/// A container of a listing: `GET /containers/json`.
struct ListedContainer: Decodable, Sendable {
  var id: String
  var names: [String]?
  var labels: LabelMap?
  var state: ContainerState
  /// Seconds since 1970.
  var created: Int64?
  var ports: [PublishedPort]?

  struct PublishedPort: Decodable, Sendable {
    var inside: Int?
    var outside: Int?
    var kind: String?

    enum CodingKeys: String, CodingKey {
      case inside = "PrivatePort"
      case outside = "PublicPort"
      case kind = "Type"
    }
  }

  enum CodingKeys: String, CodingKey {
    case id = "Id"
    case names = "Names"
    case labels = "Labels"
    case state = "State"
    case created = "Created"
    case ports = "Ports"
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    id = try members.decode(String.self, forKey: .id)
    guard ContainerID.isWhole(id) else {
      throw DecodingError.dataCorruptedError(forKey: .id, in: members, debugDescription: "no whole id")
    }
    names = try members.decodeIfPresent([String].self, forKey: .names)
    labels = try members.decodeIfPresent(LabelMap.self, forKey: .labels)
    state = try members.decodeIfPresent(ContainerState.self, forKey: .state) ?? .unknown
    created = try members.decodeIfPresent(Int64.self, forKey: .created)
    ports = try members.decodeIfPresent([PublishedPort].self, forKey: .ports)
  }

  /// Its name, without the slash that the engine puts in front.
  var name: String? { names?.first.map { String($0.drop { $0 == "/" }) } }

  /// The host's port that leads to its SSH server; nil while it does not run.
  var sshPort: Int? {
    ports?.first { $0.inside == 22 && $0.kind == "tcp" && $0.outside != nil }?.outside
  }

  /// The container as a look sees it.
  var sight: Sight {
    Sight(
      id: id, name: name, labels: labels, state: state, createdAt: created.map(Instant.rfc3339), sshPort: sshPort)
  }
}

/// One container: `GET /containers/{id}/json`.
struct Container: Decodable, Sendable {
  var id: String
  var name: String?
  var created: String?
  var state: State?
  var config: Config?
  var networkSettings: NetworkSettings?

  struct State: Decodable, Sendable {
    var status: ContainerState?
    var exitCode: Int?
    var oomKilled: Bool?
    var error: String?

    enum CodingKeys: String, CodingKey {
      case status = "Status"
      case exitCode = "ExitCode"
      case oomKilled = "OOMKilled"
      case error = "Error"
    }
  }

  struct Config: Decodable, Sendable {
    var labels: LabelMap?

    enum CodingKeys: String, CodingKey {
      case labels = "Labels"
    }
  }

  struct NetworkSettings: Decodable, Sendable {
    var ports: [String: [Binding]?]?

    enum CodingKeys: String, CodingKey {
      case ports = "Ports"
    }
  }

  struct Binding: Decodable, Sendable {
    var hostPort: String?

    enum CodingKeys: String, CodingKey {
      case hostPort = "HostPort"
    }
  }

  enum CodingKeys: String, CodingKey {
    case id = "Id"
    case name = "Name"
    case created = "Created"
    case state = "State"
    case config = "Config"
    case networkSettings = "NetworkSettings"
  }

  /// Whether it carries that attempt's label.
  func belongs(to attemptId: String) -> Bool { config?.labels?[Labels.attempt] == attemptId }

  /// Why it ended, for a person.
  var reason: String {
    var parts = ["the container ended with exit code \(state?.exitCode ?? 0)"]
    // The engine may tell of the kill before it has heard whose it was.
    if state?.exitCode == 137 { parts[0] += ": it was killed, as happens where it runs out of memory" }
    if state?.oomKilled == true { parts = ["the container ran out of memory and was killed (OOM)"] }
    if let error = state?.error, !error.isEmpty { parts.append(error) }
    return parts.joined(separator: ": ")
  }

  /// The container as a look sees it.
  var sight: Sight {
    let bindings = networkSettings?.ports?[NewContainer.ssh] ?? nil
    return Sight(
      id: id, name: name.map { String($0.drop { $0 == "/" }) }, labels: config?.labels,
      state: state?.status ?? .unknown,
      createdAt: created.flatMap(Instant.normalized),
      sshPort: bindings?.compactMap { $0.hostPort.flatMap { Int($0) } }.first)
  }
}

/// What a look sees of a container, listed or asked for.
struct Sight: Sendable {
  var id: String
  var name: String?
  var labels: LabelMap?
  var state: ContainerState
  var createdAt: String?
  var sshPort: Int?
}
