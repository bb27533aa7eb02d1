// Whom an offering's owner wants told.
extension RequestDecoding {
  /// Reads `notify` of an offering. A first look only; the daemon takes the addresses apart by its own rules.
  static func notify(_ value: JSON?) throws(ControlFailure) -> NewNotify? {
    guard let value else { return nil }
    var members = try Members(value, at: "notify")
    let webhook = try members.string("webhook")
    let secret = try members.string("secret")
    let email = try members.string("email")
    try members.end()
    return try notify(webhook: webhook, secret: secret, email: email)
  }

  /// Checks the parts, wherever they come from.
  package static func notify(
    webhook: String?, secret: String?, email: String?
  ) throws(ControlFailure) -> NewNotify {
    guard webhook != nil || email != nil else {
      throw Members.bad("notify", "names nobody", expected: "webhook, email or both", found: "neither")
    }
    if let webhook, webhook.utf8.count > 2_048 || !isWebhook(webhook) {
      throw Members.bad(
        "notify.webhook", "cannot be used",
        expected: "https:// (or http:// to this machine), a host, and a path of at most 2048 bytes in all",
        found: "other text", remedy: "leave out user names and fragment")
    }
    if let secret {
      guard webhook != nil else {
        throw Members.bad("notify.secret", "signs a webhook", expected: "notify.webhook beside it", found: "none")
      }
      guard (8...1_024).contains(secret.utf8.count), isLine(secret) else {
        throw Members.bad(
          "notify.secret", "cannot be used", expected: "one line of 8 to 1024 bytes",
          found: "\(secret.utf8.count) bytes or several lines")
      }
    }
    if let email, email.utf8.count > 254 || !isLine(email) || !email.contains("@") {
      throw Members.bad(
        "notify.email", "is no mail address", expected: "one such as owner@example.com", found: Members.shown(email))
    }
    return NewNotify(webhook: webhook, secret: secret.map { Credential($0) }, email: email)
  }

  private static func isWebhook(_ text: String) -> Bool {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { return false }
    let host = text.dropFirst(text.hasPrefix("https://") ? 8 : 7).prefix { $0 != "/" && $0 != "?" }
    guard !host.isEmpty, !host.contains("@"), !host.contains("\\") else { return false }
    if text.hasPrefix("https://") { return true }
    let isLocal = host.hasPrefix("127.") || host.hasPrefix("[::1]") || host.prefix { $0 != ":" } == "localhost"
    return text.hasPrefix("http://") && isLocal
  }
}
