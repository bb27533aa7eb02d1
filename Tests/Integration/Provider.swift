import Control
import Testing

/// A cloud as the integration tests run it: its plugin in a real worker, and its simulator in a process of its own, or a real
/// engine. A further simulated cloud gets every test by a value of this type and a line in `simulated`.
struct Provider: Sendable, CustomTestStringConvertible {
  /// Id of the plugin and name of the simulator.
  let id: String
  /// The plugin's file.
  let library: String
  /// Where the API's paths begin.
  let base: String
  /// Path at which machines are created, below `base`.
  let machines: String
  /// A placement on the account `main`.
  let placement: PlacementView
  /// How the simulator is told that a machine carries this installation's marks: members of the request that plants it.
  let marks: @Sendable (_ installation: String, _ attempt: String, _ resource: String) -> String
  /// The cloud's own request that renames a machine: method, path below `base`, body.
  let rename: @Sendable (_ id: String) -> (method: String, path: String, body: String)

  var testDescription: String { id }

  static let hetzner = Provider(
    id: "hetzner", library: "libHetzner.so", base: "/v1", machines: "/servers",
    placement: PlacementView(account: "main", type: "cx22", location: "fsn1", image: "debian-12"),
    marks: { installation, attempt, resource in
      #""labels":{"slipway":"1","slipway-installation":"\#(installation)","slipway-attempt":"\#(attempt)","#
        + #""slipway-operation":"\#(attempt)","slipway-resource":"\#(resource)"}"#
    }, rename: { ("PUT", "/servers/\($0)", #"{"name":"renamed"}"#) })

  static let digitalOcean = Provider(
    id: "digitalocean", library: "libDigitalOcean.so", base: "/v2", machines: "/droplets",
    placement: PlacementView(account: "main", type: "s-1vcpu-1gb", location: "fra1", image: "debian-12"),
    marks: { installation, attempt, resource in
      #""tags":["slipway","slipway-installation:\#(installation)","slipway-vm:\#(attempt):\#(attempt):\#(resource)"]"#
    }, rename: { ("POST", "/droplets/\($0)/actions", #"{"type":"rename","name":"renamed"}"#) })

  static let vultr = Provider(
    id: "vultr", library: "libVultr.so", base: "/v2", machines: "/instances",
    placement: PlacementView(account: "main", type: "vc2-1c-1gb", location: "ams", image: "debian-12"),
    marks: { installation, attempt, resource in
      #""tags":["slipway","slipway-installation:\#(installation)","slipway-attempt:\#(attempt)","#
        + #""slipway-operation:\#(attempt)","slipway-resource:\#(resource)"]"#
    }, rename: { ("PATCH", "/instances/\($0)", #"{"label":"renamed"}"#) })

  /// The clouds that are simulated.
  static let simulated = [hetzner, digitalOcean, vultr]

  /// The account `name` on a simulated cloud.
  func account(_ name: String = "main", on cloud: SimulatedCloud, token: String = "secret") -> NewAccount {
    NewAccount(
      name: name, plugin: id, credential: Credential(token), endpoints: ["api": EndpointOverride(url: cloud.url)])
  }
}
