/// What the simulated cloud asks of whoever runs its VMs.
package enum VMCommand: Sendable, Hashable {
  /// The VM's operating system is up: from here on it answers on SSH.
  case start(VMSpec)
  /// The VM loses power; its disk stays.
  case stop(id: String)
  /// The VM and its disk are gone.
  case remove(id: String)
}

/// A VM as its cloud describes it to the machine under it.
package struct VMSpec: Sendable, Hashable {
  /// Id that the cloud gave the server, as text; no path separator in it.
  package var id: String
  /// Host name.
  package var name: String
  /// Public IPv4 address; empty where the server has none.
  package var address: String
  /// user_data as it was given; empty for none.
  package var userData: String
  /// OpenSSH public keys that the cloud puts in place for root.
  package var authorizedKeys: [String]

  /// Makes a description.
  package init(id: String, name: String, address: String, userData: String, authorizedKeys: [String]) {
    self.id = id
    self.name = name
    self.address = address
    self.userData = userData
    self.authorizedKeys = authorizedKeys
  }
}
