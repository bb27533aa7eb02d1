package import Crypto

/// The mail server that the operator configured.
package struct MailServer: Sendable {
  let origin: Origin
  let isImplicitTLS: Bool
  /// Whether a connection without TLS will do: only to a loopback address that the operator typed.
  let mayBePlain: Bool
  let user: String?
  let password: SecretBytes?
  let caFile: String?

  /// Makes a server from `smtp://HOST[:587]` (STARTTLS) or `smtps://HOST[:465]` (TLS from the first byte).
  /// - Throws: `BrokerRefusal` where the address is another one.
  package init(
    url: String, user: String? = nil, password: SecretBytes? = nil, caFile: String? = nil
  ) throws(BrokerRefusal) {
    isImplicitTLS = url.hasPrefix("smtps://")
    guard isImplicitTLS || url.hasPrefix("smtp://") else {
      throw BrokerRefusal(
        .endpoint, "notify.smtp_url \"\(shown(url))\": expected smtp:// or smtps://, such as smtps://mail.example.com")
    }
    let rest = url.dropFirst(isImplicitTLS ? 8 : 7)
    let base = try BaseAddress("https://\(rest)")
    guard base.path.isEmpty else {
      throw BrokerRefusal(.endpoint, "notify.smtp_url \"\(shown(url))\": expected nothing after host and port")
    }
    var origin = base.origin
    if origin.port == 443, !url.contains(":443") { origin.port = isImplicitTLS ? 465 : 587 }
    self.origin = origin
    mayBePlain = AddressRules.Address(literal: origin.host).map { AddressRules.kind($0) == .loopback } ?? false
    self.user = user
    self.password = password
    self.caFile = caFile
  }
}
