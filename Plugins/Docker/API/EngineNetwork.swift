import PluginKit
import PluginMessages

/// A network of the engine: an entry of `GET /networks`, as far as the plugin reads it.
struct EngineNetwork: Decodable {
  var name: String
  private var driver: String?
  private var scope: String?
  private var isInternal: Bool?
  private var isAttachable: Bool?
  private var isIngress: Bool?
  private var isConfigOnly: Bool?

  enum CodingKeys: String, CodingKey {
    case name = "Name"
    case driver = "Driver"
    case scope = "Scope"
    case isInternal = "Internal"
    case isAttachable = "Attachable"
    case isIngress = "Ingress"
    case isConfigOnly = "ConfigOnly"
  }

  /// Whether a container of ours may be in it: only a network of its own kind of driver, never a namespace (`host` and
  /// `null` are drivers, too), and only one in which the engine publishes ports, without which nobody reaches SSH.
  var isOffered: Bool {
    guard driver == "bridge" || driver == "overlay", ContainerOptions.isNetwork(name) else { return false }
    guard isInternal != true, isIngress != true, isConfigOnly != true else { return false }
    return scope != "swarm" || isAttachable == true
  }
}

extension DockerAPI {
  /// Names of the networks that an offering may name; `cacheTtlS` as for every request.
  func networkNames(cacheTtlS: UInt32 = 0) throws(CloudFailure) -> [String] {
    let get = CloudRequest(.get, "/networks", maxResponse: 16 << 20, cacheTtlS: cacheTtlS)
    return try send(get, as: ReadableItems<EngineNetwork>.self).items.filter(\.isOffered).map(\.name).sorted()
  }
}

extension ContainerOptions {
  /// What is wrong with the network, by the names that are offered; nil where there is none or it is among them.
  ///
  /// The engine also takes ids, and beginnings of ids, of any network, that of the host too: only a whole name will do.
  func misfit(among offered: [String], at path: String) -> Violation? {
    guard let network, !offered.contains(network) else { return nil }
    return Violation(
      path: "\(path).network",
      message: "expected the name of one of the engine's own networks that publish ports, found '\(network)'",
      allowed: offered.nearest(to: network))
  }
}
