package import PluginMessages

/// What the check asks a plugin for: what its author gave, or words that no cloud sells.
package struct CheckSubject: Sendable, Hashable {
  /// Settings of the account.
  package var settings: JSONValue
  /// A placement that is sold, where a cloud is tried.
  package var placement: PlacementSpec
  /// Whether the author gave the placement.
  package var isGiven: Bool

  /// Makes a subject.
  package init(settings: JSONValue = .object([:]), placement: PlacementSpec? = nil) {
    self.settings = settings
    isGiven = placement != nil
    self.placement = placement ?? PlacementSpec(type: "type", location: "location", image: "image")
  }

  static let attempt = "01J00000000000000000CHECK1"
  static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHTE5d5LOW0mPBrzb8vJSkuOOp0eDBNGLD1OxvtXKWC slipway-check"
  static let userData = "#cloud-config\n{\"ssh_authorized_keys\":[]}\n"

  var account: AccountContext {
    AccountContext(id: "check", installationId: "01J00000000000000000CHECK0", settings: settings)
  }
}
