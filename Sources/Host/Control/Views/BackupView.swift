/// A copy of the ledger that was made.
package struct BackupView: Codable, Sendable, Hashable {
  /// Absolute path of the file.
  package var path: String

  /// Makes the view.
  package init(path: String) { self.path = path }
}
