/// A secret that a cloud insisted on, such as a root password, in the clear.
package struct SecretView: Codable, Sendable, Hashable {
  /// What it is, such as `root_password`.
  package var name: String
  /// The secret; never log it.
  package var value: String

  /// Makes the view from its fields.
  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}
