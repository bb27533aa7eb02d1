import FoundationEssentials
import PluginKit
import PluginMessages
import Synchronization

/// The one SSH key object of this installation in an account.
struct InstallationKey: Hashable {
  /// OpenSSH form.
  var publicKey: String
  /// MD5 of the key's blob as `aa:bb:…`, as Hetzner writes it.
  var fingerprint: String
  var accountId: String
  var installationId: String

  /// Reads the key; throws INVALID_SPEC when the text is no OpenSSH public key.
  init(_ text: String, of account: AccountContext) throws(CloudFailure) {
    let fields = text.split { $0 == " " || $0 == "\t" || $0.isNewline }
    guard fields.count >= 2, let blob = Data(base64Encoded: String(fields[1])), !blob.isEmpty else {
      throw CloudFailure(
        .invalidSpec, "the installation's public key is not in OpenSSH form", remedy: "make a new installation key",
        mayExist: false,
        violations: [Violation(path: "installation_key", message: "expected `type base64 comment`")])
    }
    publicKey = text
    fingerprint = MD5.digest(Array(blob)).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
      .joined(separator: ":")
    accountId = account.id
    installationId = account.installationId
  }

  /// The name that its object gets.
  var name: String { "slipway-\(installationId)" }

  /// The object's id at Hetzner, or nil when there is none.
  func find(_ api: HetznerAPI) throws(CloudFailure) -> Int64? {
    try api.list(SSHKey.self, "/ssh_keys", ["fingerprint": fingerprint]).items.keys.min()
  }

  /// Finds the object by fingerprint, whatever its name, or makes it.
  ///
  /// A create that collides, or whose answer is lost, is settled by looking again.
  func ensure(_ api: HetznerAPI) throws(CloudFailure) -> Int64 {
    if let id = try find(api) { return id }
    let labels = [Labels.mark: "1", Labels.installation: installationId]
    let body = try JSON.encode(NewSSHKey(name: name, publicKey: publicKey, labels: labels))
    let request = CloudRequest(
      .post, "/ssh_keys", headers: [.init("Content-Type", "application/json")], body: body)
    do {
      return try api.send(request, as: SSHKey.Envelope.self).key.id
    } catch  where error.code == .nameTaken || error.code == .unknownOutcome {
      if let id = try find(api) { return id }
      var failure = error
      failure.report.mayExist = false
      if error.code == .nameTaken {
        failure.report.remedy = "another key is named \(name) in this project: rename or delete it at Hetzner"
      } else {
        failure.code = .unavailable
      }
      throw failure
    }
  }

  private struct NewSSHKey: Encodable {
    var name: String
    var publicKey: String
    var labels: [String: String]

    enum CodingKeys: String, CodingKey {
      case name
      case publicKey = "public_key"
      case labels
    }
  }
}

/// Key objects that this process has seen, which saves a request for each machine.
///
/// It may be wrong at any time (somebody deletes the object, the account gets a token of another project):
/// Hetzner then refuses the create, and provision forgets the id and looks again.
final class SeenKeys: Sendable {
  private let ids = Mutex<[InstallationKey: Int64]>([:])

  /// The id that was seen, or nil.
  func id(of key: InstallationKey) -> Int64? { ids.withLock { $0[key] } }

  /// Remembers an id; nil forgets it.
  func set(_ id: Int64?, of key: InstallationKey) { ids.withLock { $0[key] = id } }
}
