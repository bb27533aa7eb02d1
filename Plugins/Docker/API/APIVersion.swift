import PluginKit
import PluginMessages
import Synchronization

/// A version of the engine's API, such as 1.41.
struct APIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  let major: Int
  let minor: Int

  /// The oldest that has all that we send: Docker 20.10.
  static let oldest = APIVersion(major: 1, minor: 41)
  /// The newest that we know.
  static let newest = APIVersion(major: 1, minor: 51)

  init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads `1.41`.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ (1...4).contains($0.utf8.count) }), let major = UInt16(parts[0]),
      let minor = UInt16(parts[1])
    else { return nil }
    self.init(major: Int(major), minor: Int(minor))
  }

  var description: String { "\(major).\(minor)" }

  static func < (a: APIVersion, b: APIVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }

  /// The version to speak with an engine whose newest is this: the older of its newest and ours.
  func spoken() throws(CloudFailure) -> APIVersion {
    guard self >= Self.oldest else {
      throw CloudFailure(
        .unsupported, "the engine speaks API \(self) at most; this plugin needs \(Self.oldest) or newer",
        remedy: "update the engine to Docker 20.10 or newer", mayExist: false)
    }
    return min(self, Self.newest)
  }
}

/// The versions that this process negotiated, by account. An engine may be replaced under its socket by another: a
/// version that it does not take is forgotten and negotiated anew.
final class SeenVersions: Sendable {
  private let versions = Mutex<[String: APIVersion]>([:])

  subscript(account: String) -> APIVersion? {
    get { versions.withLock { $0[account] } }
    set { versions.withLock { $0[account] = newValue } }
  }
}
