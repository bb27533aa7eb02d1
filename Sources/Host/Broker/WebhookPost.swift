package import Crypto

/// One POST to an offering's owner.
package struct WebhookPost: Sendable {
  let base: BaseAddress
  let path: String
  let query: String
  let body: [UInt8]
  let headerLines: [String]
  let allowPrivate: Bool
  let caFile: String?

  /// Makes a post that is signed where there is a secret.
  ///
  /// The signature is `t=<unix seconds>,v1=<hex HMAC-SHA256(secret, "<t>.<body>")>`.
  /// - Throws: `BrokerRefusal` where the address is no http or https URL or the id is no plain token, `CryptoFailure`.
  package init(
    url: String, id: String, attempt: Int, body: [UInt8], secret: SecretBytes?, unixSeconds: Int64,
    allowPrivate: Bool, caFile: String? = nil
  ) throws {
    let pieces = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let front = String(pieces.first ?? "")
    base = try BaseAddress(front)
    path = front.hasSuffix("/") || base.path.isEmpty ? base.path + "/" : base.path
    query = pieces.count > 1 ? String(pieces[1]) : ""
    guard url.utf8.count <= 2048, query.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") })
    else {
      throw BrokerRefusal(.query, "webhook: expected at most 2048 bytes, and a query of printable ASCII without #")
    }
    guard !id.isEmpty, id.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit }) else {
      throw BrokerRefusal(.header, "notice id \"\(shown(id))\": expected letters and digits")
    }
    var lines = [
      "Content-Type: application/json", "User-Agent: slipway", "Expect:", "Slipway-Notice-Id: \(id)",
      "Slipway-Attempt: \(attempt)",
    ]
    if let secret {
      let code = try HMACSHA256.code(of: Array("\(unixSeconds).".utf8) + body, key: secret)
      lines.append("Slipway-Signature: t=\(unixSeconds),v1=\(Hex.encode(code))")
    }
    headerLines = lines
    self.body = body
    self.allowPrivate = allowPrivate
    self.caFile = caFile
  }
}
