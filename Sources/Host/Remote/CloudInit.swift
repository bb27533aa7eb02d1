import FoundationEssentials

/// A document for cloud-init, as user data: JSON, which is YAML too, so that nothing has to be spliced.
package enum CloudInit {
  /// The most that every cloud takes, in bytes.
  package static let limit = 32_768

  /// Why a document cannot be made.
  package enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// It has this many bytes.
    case tooBig(Int)
    /// It cannot be encoded.
    case notEncodable(String)

    /// For people.
    package var description: String {
      switch self {
      case .tooBig(let count):
        "user data has \(count) bytes; clouds take at most \(CloudInit.limit). Use fewer SSH keys"
      case .notEncodable(let reason): "user data cannot be encoded: \(reason)"
      }
    }
  }

  private struct HostKeys: Codable {
    var ed25519_private: String
    var ed25519_public: String
  }

  private struct Document: Codable {
    var ssh_deletekeys: Bool
    var ssh_genkeytypes: [String]
    var ssh_keys: HostKeys?
    var disable_root: Bool
    var ssh_pwauth: Bool
    var ssh_authorized_keys: [String]
  }

  /// Makes the document. The host key is the one with which the machine first presents itself: a secret.
  package static func document(
    hostKey: (privateKey: String, publicKey: String)?, authorizedKeys: [String]
  ) throws(Problem) -> String {
    let document = Document(
      ssh_deletekeys: true, ssh_genkeytypes: hostKey == nil ? ["ed25519"] : [],
      ssh_keys: hostKey.map { HostKeys(ed25519_private: $0.privateKey, ed25519_public: $0.publicKey) },
      disable_root: false, ssh_pwauth: false, ssh_authorized_keys: authorizedKeys)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json: String
    do {
      json = String(decoding: try encoder.encode(document), as: UTF8.self)
    } catch {
      throw .notEncodable("\(error)")
    }
    let text = "#cloud-config\n\(json)\n"
    guard text.utf8.count <= limit else { throw .tooBig(text.utf8.count) }
    return text
  }
}
