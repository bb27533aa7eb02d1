package import Broker
import Control
import Crypto
import FoundationEssentials
package import Model
import Store

/// Makes a notice into a signed POST or a mail, and sends it once.
package struct NoticeCourier: Sendable {
  /// How mail is sent.
  package struct Mail: Sendable {
    /// The server.
    package var server: MailServer
    /// The sender's address.
    package var from: String
  }

  private let vault: Vault
  private let logs: RunLogs
  private let clock: HostClock
  private let mail: Mail?
  private let allowPrivate: Bool
  private let caFile: String?
  private let courier = Courier()

  /// Makes a courier; without `mail`, notices that are mails wait. `caFile`: the authorities for webhooks, in place of
  /// the system's.
  package init(vault: Vault, logs: RunLogs, clock: HostClock, mail: Mail?, allowPrivate: Bool, caFile: String? = nil) {
    self.vault = vault
    self.logs = logs
    self.clock = clock
    self.mail = mail
    self.allowPrivate = allowPrivate
    self.caFile = caFile
  }

  /// One attempt.
  package func carry(_ notice: Notice, attempt: Int) async -> NoticeEnding {
    var tail: String?
    if let run = notice.run {
      tail = NoticeText.tail(await logs.lastWords(of: run, .error, atLeast: 2 * NoticeText.mostBytes))
    }
    do {
      let seconds = clock.now().ms / 1_000
      if let url = notice.targets.webhook {
        let secret = try notice.targets.secret.map { try vault.webhookSecret($0, of: notice.offering) }
        let body = NoticeText.json(notice, tail: tail, attempt: attempt)
        return NoticeEnding(
          await courier.deliver(
            try WebhookPost(
              url: url, id: "\(notice.id)", attempt: attempt, body: body, secret: secret, unixSeconds: seconds,
              allowPrivate: allowPrivate, caFile: caFile)))
      }
      guard let to = notice.targets.email else { return .never("the notice names no address") }
      guard let mail else { return .again("no mail server is configured: notify.smtp_url") }
      return NoticeEnding(
        await courier.deliver(
          try MailMessage(
            from: mail.from, to: to, subject: NoticeText.subject(notice), text: NoticeText.mail(notice, tail: tail),
            id: "\(notice.id)", unixSeconds: seconds), by: mail.server))
    } catch {
      return .never("\(error)")
    }
  }

  /// How the operator wants mail to be sent; nil: not at all.
  /// - Throws: `HostStartError` where that makes no sense.
  static func mail(_ settings: Configuration.Notify) throws(HostStartError) -> Mail? {
    guard !settings.smtpURL.isEmpty else { return nil }
    guard CourierRules.isMailAddress(settings.mailFrom) else {
      throw HostStartError(
        "notify.mail_from cannot be used", expected: "a mail address, because notify.smtp_url is set",
        found: "\"\(settings.mailFrom)\"", remedy: "give one such as slipway@example.com", code: .badRequest)
    }
    guard settings.caFile.isEmpty || FileManager.default.isReadableFile(atPath: settings.caFile) else {
      throw HostStartError(
        "notify.ca_file cannot be read", expected: "a readable PEM file", found: settings.caFile,
        remedy: "check its path and mode", code: .badRequest)
    }
    var password: SecretBytes?
    if !settings.smtpPasswordFile.isEmpty {
      let bytes = FileManager.default.contents(atPath: settings.smtpPasswordFile).map { [UInt8]($0) } ?? []
      let line = bytes.prefix { $0 != 10 && $0 != 13 }
      guard (1...1_024).contains(line.count), !settings.smtpUser.isEmpty else {
        throw HostStartError(
          "notify.smtp_password_file cannot be used",
          expected: "a readable file with the password in its first line, and notify.smtp_user beside it",
          found: settings.smtpUser.isEmpty
            ? "no notify.smtp_user" : "\(settings.smtpPasswordFile), whose first line has \(line.count) bytes",
          remedy: "check its path and mode, and name the user", code: .badRequest)
      }
      password = SecretBytes(copying: Array(line))
    }
    do throws(BrokerRefusal) {
      let user = settings.smtpUser.isEmpty ? nil : settings.smtpUser
      return Mail(
        server: try MailServer(
          url: settings.smtpURL, user: user, password: password,
          caFile: settings.caFile.isEmpty ? nil : settings.caFile), from: settings.mailFrom)
    } catch {
      throw HostStartError(
        "notify.smtp_url cannot be used", expected: "smtp://HOST[:PORT] or smtps://HOST[:PORT]", found: error.sentence,
        remedy: "correct it; docs/notifications.md has examples", code: .badRequest)
    }
  }
}

extension NoticeEnding {
  /// What came of the courier's attempt.
  init(_ result: CourierResult) {
    switch result {
    case .delivered: self = .delivered
    case .again(let why): self = .again(why)
    case .never(let why): self = .never(why)
    }
  }
}
