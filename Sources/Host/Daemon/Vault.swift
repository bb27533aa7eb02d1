package import Crypto
import FoundationEssentials
package import Model

/// The one place where sealed secrets are opened and made.
package final class Vault: Sendable {
  let seal: Seal
  private let key: Ed25519Key
  /// This installation's public SSH key, OpenSSH form.
  package let publicKey: String
  private let userDataOf: @Sendable (UserDataParts) throws -> String

  /// What goes into user data.
  package struct UserDataParts: Sendable {
    /// Bootstrap host key, private half in OpenSSH form; nil: none.
    package var hostKey: (privateKey: String, publicKey: String)?
    /// Keys that may log in; the installation's is the first.
    package var authorizedKeys: [String]
  }

  /// Makes a vault around the installation's SSH key. `userData` turns the parts into a cloud-init document.
  package init(seal: Seal, key: Ed25519Key, userData: @escaping @Sendable (UserDataParts) throws -> String) {
    self.seal = seal
    self.key = key
    publicKey = key.publicKey.openSSH(comment: "slipway")
    userDataOf = userData
  }

  /// Makes the record of a new installation: its id and its SSH key, sealed.
  package static func newInstallation(id: ULID, seal: Seal) throws -> InstallationRecord {
    let key = try Ed25519Key.generate()
    let box = try seal.seal(key.seed, record: "installation/self", field: "ssh_seed")
    return InstallationRecord(
      id: id, sshSeed: Model.SealedSecret(name: "ssh_seed", box: Base64.encode(box)),
      sshPublicKey: key.publicKey.openSSH(comment: "slipway"))
  }

  /// Opens the installation's SSH key.
  package static func sshKey(of record: InstallationRecord, seal: Seal) throws -> Ed25519Key {
    guard let box = Base64.decode(record.sshSeed.box) else { throw VaultError.damaged("installation/self") }
    return try Ed25519Key(seed: try seal.open(box, record: "installation/self", field: "ssh_seed"))
  }

  /// Signs as the installation, for an SSH login.
  package func sign(_ data: [UInt8]) throws -> [UInt8] { try key.sign(data) }

  /// The installation's public key as SSH's wire form.
  package var publicKeyBlob: [UInt8] { key.publicKey.blob }

  /// Makes a bootstrap host key for a resource.
  package func mintHostKey(for resource: ULID) throws -> BootstrapKey {
    let key = try Ed25519Key.generate()
    let box = try seal.seal(key.seed, record: "resource/\(resource)", field: "bootstrap")
    return BootstrapKey(
      publicKey: key.publicKey.openSSH(), privateKey: Model.SealedSecret(name: "bootstrap", box: Base64.encode(box)))
  }

  /// The cloud-init document of a resource. Holds the bootstrap private key: never log it.
  package func userData(for resource: Resource) throws -> String {
    var parts = UserDataParts(hostKey: nil, authorizedKeys: [publicKey] + resource.sshKeys)
    if let bootstrap = resource.bootstrap, let sealed = bootstrap.privateKey {
      guard let box = Base64.decode(sealed.box) else { throw VaultError.damaged("resource/\(resource.id)") }
      let key = try Ed25519Key(
        seed: try seal.open(box, record: "resource/\(resource.id)", field: "bootstrap"))
      let pem = key.openSSHPrivateKey()
      parts.hostKey = (pem.text() ?? "", bootstrap.publicKey)
    }
    return try userDataOf(parts)
  }

  /// Seals a secret of a resource.
  package func seal(_ value: String, name: String, of resource: ULID) throws -> Model.SealedSecret {
    let box = try seal.seal(SecretBytes(copying: Array(value.utf8)), record: "resource/\(resource)", field: name)
    return Model.SealedSecret(name: name, box: Base64.encode(box))
  }

  /// Opens a secret of a resource.
  package func open(_ secret: Model.SealedSecret, of resource: ULID) throws -> String {
    guard let box = Base64.decode(secret.box) else { throw VaultError.damaged("resource/\(resource)") }
    return try seal.open(box, record: "resource/\(resource)", field: secret.name).text() ?? ""
  }

  /// Seals an account's credential.
  package func sealCredential(_ bytes: [UInt8], of account: String) throws -> Model.SealedSecret {
    let box = try seal.seal(SecretBytes(copying: bytes), record: "account/\(account)", field: "credential")
    return Model.SealedSecret(name: "credential", box: Base64.encode(box))
  }

  /// Seals what an offering's webhook is signed with.
  package func sealWebhookSecret(_ text: String, of offering: String) throws -> Model.SealedSecret {
    let box = try seal.seal(
      SecretBytes(copying: Array(text.utf8)), record: "offering/\(offering)", field: "webhook_secret")
    return Model.SealedSecret(name: "webhook_secret", box: Base64.encode(box))
  }

  /// Opens what an offering's webhook is signed with.
  package func webhookSecret(_ sealed: Model.SealedSecret, of offering: String) throws -> SecretBytes {
    guard let box = Base64.decode(sealed.box) else { throw VaultError.damaged("offering/\(offering)") }
    return try seal.open(box, record: "offering/\(offering)", field: "webhook_secret")
  }

  /// Opens an account's credential.
  package func credential(of account: AccountRecord) throws -> SecretBytes? {
    guard let sealed = account.credential else { return nil }
    guard let box = Base64.decode(sealed.box) else { throw VaultError.damaged("account/\(account.name)") }
    return try seal.open(box, record: "account/\(account.name)", field: "credential")
  }
}

/// A sealed box that is no box.
package enum VaultError: Error, Sendable, CustomStringConvertible {
  /// The record that holds it.
  case damaged(String)

  /// What is wrong and what to do.
  package var description: String {
    switch self {
    case .damaged(let record): "the sealed secret of \(record) is damaged; restore the ledger from a backup"
    }
  }
}
