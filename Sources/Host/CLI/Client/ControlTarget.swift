import HTTP

/// Builds the targets of requests.
enum ControlTarget {
  /// One segment of a path, or one value of a query.
  static func segment(_ text: String) -> String { Percent.encoded(text) }

  /// A query of the members that have a value, with its `?`; empty where none has.
  static func query(_ members: [(String, String?)]) -> String {
    let parts = members.compactMap { name, value in value.map { "\(name)=\(Percent.encoded($0))" } }
    return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
  }
}
