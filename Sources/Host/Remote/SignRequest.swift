/// The one message that the host signs for slipway-ssh: the proof of the client's key in a login.
///
/// slipway-ssh talks to machines that may be hostile and so may be taken over by one; what it asks to have signed is
/// not trusted. The layout is RFC 4252 section 7: session identifier, SSH_MSG_USERAUTH_REQUEST, user, service, method,
/// TRUE, algorithm, public key.
package enum SignRequest {
  /// Whether `data` is exactly the login of `user` with `key` (SSH wire form).
  package static func isLogin(_ data: [UInt8], user: String, key: [UInt8]) -> Bool {
    // The session identifier is a digest: SHA-1 to SHA-512.
    guard let length = data.prefix(4).last, data.prefix(3).allSatisfy({ $0 == 0 }), (20...64).contains(length) else {
      return false
    }
    return data.dropFirst(4 + Int(length)).elementsEqual(rest(user: user, key: key))
  }

  /// What follows the session identifier.
  private static func rest(user: String, key: [UInt8]) -> [UInt8] {
    let userauthRequest: UInt8 = 50
    return [userauthRequest] + string(Array(user.utf8)) + string(Array("ssh-connection".utf8))
      + string(Array("publickey".utf8)) + [1] + string(Array("ssh-ed25519".utf8)) + string(key)
  }

  private static func string(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt32(clamping: bytes.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) } + bytes
  }
}
