/// What a plugin must remember of an attempt between calls; the host keeps it as opaque text.
///
/// A cookie that this version cannot read, as one of another version, counts as absent: so upgrades and rollbacks need no
/// migration.
public protocol PluginCookie: Codable {
  /// The schema that this version writes, and the only one that it reads.
  static var current: Int { get }
  /// What counts where there is no cookie.
  static var absent: Self { get }
  /// Schema of this cookie.
  var schema: Int { get }
}

extension PluginCookie {
  /// Reads a cookie; one that is missing, unreadable or of another schema counts as absent.
  public init(reading text: String?) {
    let read = text.flatMap { try? JSON.decode(Self.self, $0.utf8) }
    self = if let read, read.schema == Self.current { read } else { .absent }
  }

  /// The text that the host keeps.
  public func text() throws(CloudFailure) -> String { String(decoding: try JSON.encode(self), as: UTF8.self) }
}
