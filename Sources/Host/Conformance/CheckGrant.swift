import Broker
import Daemon
import PluginMessages

/// Where a plugin's requests may go while it is checked.
enum CheckGrant {
  /// For rules alone: nothing is ever sent there.
  static func dummy(_ manifest: PluginManifest) throws(BrokerRefusal) -> AccountGrant {
    var endpoints: [String: ApprovedEndpoint] = [:]
    for endpoint in manifest.endpoints {
      endpoints[endpoint.name] = try ApprovedEndpoint(
        baseURL: endpoint.baseUrl ?? "https://cloud.invalid", auth: CredentialScheme(endpoint.auth))
    }
    return AccountGrant(account: "check", endpoints: endpoints) { _ in Array("check".utf8) }
  }

  /// A cloud that the author named.
  static func real(_ manifest: PluginManifest, _ cloud: CheckCloud) throws(BrokerRefusal) -> AccountGrant {
    var endpoints: [String: ApprovedEndpoint] = [:]
    for endpoint in manifest.endpoints {
      let given = cloud.endpoints[endpoint.name]
      let isSocket = given?.hasPrefix("unix:") == true
      guard let url = isSocket ? "http://localhost" : given ?? endpoint.baseUrl else {
        throw BrokerRefusal(.endpoint, "endpoint \(endpoint.name) has no default; give --endpoint \(endpoint.name)=URL")
      }
      endpoints[endpoint.name] = try ApprovedEndpoint(
        baseURL: url, auth: CredentialScheme(endpoint.auth), operatorSet: given != nil,
        unixSocket: isSocket ? given.map { String($0.dropFirst(5)) } : nil)
    }
    let credential = cloud.credential
    return AccountGrant(account: "check", endpoints: endpoints, perSecond: manifest.rate?.perSecond) { _ in credential }
  }
}

/// A cloud on which a plugin's whole life is tried: real objects are made there, and ended.
package struct CheckCloud: Sendable {
  /// Addresses by endpoint name; `unix:/path` for a socket.
  package var endpoints: [String: String]
  /// The account's credential; nil where the cloud needs none.
  package var credential: [UInt8]?
  /// Seconds for the object to run, and to be gone.
  package var patience: Int

  /// Makes a cloud.
  package init(endpoints: [String: String], credential: [UInt8]?, patience: Int = 300) {
    self.endpoints = endpoints
    self.credential = credential
    self.patience = patience
  }
}
