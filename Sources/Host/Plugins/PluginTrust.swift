package import Crypto

/// Which images an operator lets in: by digest (pins), by signature, by both; pure.
package struct PluginTrust: Sendable, Hashable {
  /// Namespace in which plugins are signed.
  package static let namespace = "slipway-plugin"

  /// Ids by digest, where pins are asked for: nothing else is let in.
  package var pins: [String: Set<String>]?
  /// Keys of which one must have signed, where signatures are asked for.
  package var keys: [Ed25519PublicKey]?

  /// Lets everything in.
  package init() {}

  /// Reads `plugins.lock`: lines `ID SHA256`, `#` begins a comment.
  package static func pins(_ text: String) throws(TrustFault) -> [String: Set<String>] {
    var pins: [String: Set<String>] = [:]
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      if words.isEmpty { continue }
      guard words.count == 2, words[1].utf8.count == 64, words[1].allSatisfy({ $0.isHexDigit && $0.isASCII }) else {
        throw TrustFault("line \(index + 1) is not an id and a SHA-256 digest of 64 hexadecimal digits")
      }
      pins[words[1].lowercased(), default: []].insert(String(words[0]))
    }
    return pins
  }

  /// Reads a file of public keys: lines `ssh-ed25519 BASE64 [comment]`, `#` begins a comment.
  package static func keys(_ text: String) throws(TrustFault) -> [Ed25519PublicKey] {
    var keys: [Ed25519PublicKey] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = line.drop(while: \.isWhitespace)
      if line.isEmpty || line.hasPrefix("#") { continue }
      do throws(CryptoFailure) { keys.append(try Ed25519PublicKey(openSSH: String(line))) } catch {
        throw TrustFault("line \(index + 1) is no public key: expected `ssh-ed25519 BASE64 [comment]`")
      }
    }
    return keys
  }

  /// Lets an image in or says why not.
  /// - Parameter digest: gives the digest of the kind that the signature was made over.
  /// - Returns: the ids under which it may serve; nil: any.
  package func admit(
    sha256: String, signature: String?, digest: (SSHSignature.Digest) -> [UInt8]
  ) throws(TrustFault) -> Set<String>? {
    if let keys { try check(signature, keys, digest) }
    guard let pins else { return nil }
    guard let ids = pins[sha256] else {
      throw TrustFault("its SHA-256 \(sha256) is not pinned; where it is meant to run, add the line `ID \(sha256)`")
    }
    return ids
  }

  private func check(
    _ text: String?, _ keys: [Ed25519PublicKey], _ digest: (SSHSignature.Digest) -> [UInt8]
  ) throws(TrustFault) {
    guard let text else {
      throw TrustFault(
        "it is not signed: expected a file of the same name with .sig behind it; "
          + "make it with `ssh-keygen -Y sign -n \(Self.namespace) -f KEY FILE`")
    }
    let signature: SSHSignature
    do throws(SSHSignature.Malformed) { signature = try SSHSignature(text) } catch {
      throw TrustFault("its .sig file \(error)")
    }
    guard keys.contains(signature.key) else {
      throw TrustFault("it is signed by \(signature.key.fingerprint), which is none of the trusted keys")
    }
    guard signature.namespace == Self.namespace else {
      throw TrustFault(
        "it is signed for \"\(PlainText.line(signature.namespace, limit: 64))\"; expected \"\(Self.namespace)\"")
    }
    guard signature.covers(digest(signature.digest)) else {
      throw TrustFault("its signature is of other bytes; sign the file as it is, or install the one that was signed")
    }
  }
}

/// Why an image is not let in, for the operator; does not name the file.
package struct TrustFault: Error, Sendable, Hashable {
  /// What was expected and found, and the remedy.
  package let text: String

  init(_ text: String) { self.text = text }
}
