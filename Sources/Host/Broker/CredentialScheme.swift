/// How an account's credential is put on a request, as the operator approved it.
package enum CredentialScheme: Sendable, Hashable {
  /// No credential.
  case none
  /// `Authorization: Bearer <credential>`.
  case bearer
  /// A header of that name whose value is the credential.
  case header(String)
  /// `Authorization: Basic`; the credential is `user:password`.
  case basic
  /// A query member of that name.
  case query(String)
  /// AWS signature version 4 by libcurl; the text is its provider string, such as `aws:amz:eu-central-1:ec2`; the
  /// credential is `access-key:secret`.
  case awsSigV4(String)

  /// Lower-case names of headers that belong to the scheme: a plugin may not send them.
  package var reservedHeaders: Set<String> {
    switch self {
    case .header(let name): [name.asciiLowercased]
    case .awsSigV4: ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256"]
    case .none, .bearer, .basic, .query: []
    }
  }
}

extension String {
  /// The text with A to Z in lower case; other characters stay.
  var asciiLowercased: String {
    String(decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
