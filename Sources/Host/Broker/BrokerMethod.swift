/// An HTTP method that a plugin may ask for.
package enum BrokerMethod: String, Sendable, Hashable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"

  /// Whether it may be sent twice, on a warm connection, and abandoned on the wire.
  package var isRead: Bool { self == .get || self == .head }
}
