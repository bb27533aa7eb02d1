import Broker
import Control
import Model

extension Backend {
  /// Checks whom an offering's owner wants told, and seals the webhook's secret; nil where there is nobody.
  func targets(_ new: NewNotify?, of name: String) async throws(ControlFailure) -> NoticeTargets? {
    guard let new else { return nil }
    if let url = new.webhook {
      do {
        _ = try WebhookPost(
          url: url, id: "check", attempt: 1, body: [], secret: nil, unixSeconds: 0, allowPrivate: false)
      } catch {
        throw ControlFailure(
          .invalidSpec, "offering \(name): the webhook cannot be used: \(error)",
          expected: "an https URL such as https://example.com/hook", remedy: "see docs/notifications.md")
      }
    }
    if let address = new.email {
      guard CourierRules.isMailAddress(address) else {
        throw ControlFailure(
          .invalidSpec, "offering \(name): notify.email is no mail address", expected: "one such as owner@example.com",
          found: address)
      }
      guard settings.sendsMail else {
        throw ControlFailure(
          .invalidSpec, "offering \(name): this daemon has no mail server to tell \(address) by",
          remedy: "set notify.smtp_url and notify.mail_from in its configuration, or leave notify.email out")
      }
    }
    return try await stored {
      NoticeTargets(
        webhook: new.webhook, secret: try new.secret.map { try vault.sealWebhookSecret($0.exposed, of: name) },
        email: new.email)
    }
  }
}
