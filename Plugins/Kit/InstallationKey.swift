import FoundationEssentials
public import PluginMessages
import Synchronization

/// The one SSH key object of this installation in an account.
public struct InstallationKey: Sendable, Hashable {
  /// OpenSSH form: `type base64 comment`.
  public let publicKey: String
  /// The account that the object is in.
  public let accountId: String
  /// This installation, after which the object is named.
  public let installationId: String
  private let blob: [UInt8]

  /// Reads the key; throws INVALID_SPEC when the text is no OpenSSH public key.
  public init(_ text: String, of account: AccountContext) throws(CloudFailure) {
    guard let blob = Self.blob(of: text) else {
      throw CloudFailure(
        .invalidSpec, "the installation's public key is not in OpenSSH form", remedy: "make a new installation key",
        mayExist: false,
        violations: [Violation(path: "installation_key", message: "expected `type base64 comment`")])
    }
    publicKey = text
    self.blob = blob
    accountId = account.id
    installationId = account.installationId
  }

  /// The name that its object gets.
  public var name: String { "slipway-\(installationId)" }

  /// MD5 of the key's blob as `aa:bb:…`, as clouds write it.
  public var fingerprint: String {
    MD5.digest(blob).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined(separator: ":")
  }

  /// Whether a text in OpenSSH form holds the same key, whatever its comment.
  public func isSame(as text: String) -> Bool { Self.blob(of: text) == blob }

  /// The object's id: found, or else made.
  ///
  /// A create that collides, or whose answer is lost, is settled by looking again. What it throws says
  /// that no machine exists because of it.
  public func ensure<ID>(
    find: () throws(CloudFailure) -> ID?, make: () throws(CloudFailure) -> ID
  ) throws(CloudFailure) -> ID {
    if let id = try find() { return id }
    do {
      return try make()
    } catch  where error.code == .nameTaken || error.code == .unknownOutcome {
      if let id = try find() { return id }
      var failure = error
      failure.report.mayExist = false
      if error.code == .nameTaken {
        failure.report.remedy = "another key is named \(name) in this account: rename or delete it at the cloud"
      } else {
        failure.code = .unavailable
      }
      throw failure
    }
  }

  private static func blob(of text: String) -> [UInt8]? {
    let fields = text.split { $0 == " " || $0 == "\t" || $0.isNewline }
    guard fields.count >= 2, let blob = Data(base64Encoded: String(fields[1])), !blob.isEmpty else { return nil }
    return Array(blob)
  }
}

/// Key objects that this process has seen, which saves a request for each machine.
///
/// It may be wrong at any time (somebody deletes the object, the account gets a token of another project):
/// the cloud then refuses the create, and provision forgets the id and looks again.
public final class SeenKeys<ID: Sendable>: Sendable {
  private let ids = Mutex<[InstallationKey: ID]>([:])

  /// None was seen yet.
  public init() {}

  /// The id that was seen, or nil.
  public func id(of key: InstallationKey) -> ID? { ids.withLock { $0[key] } }

  /// Remembers an id; nil forgets it.
  public func set(_ id: ID?, of key: InstallationKey) { ids.withLock { $0[key] = id } }
}
