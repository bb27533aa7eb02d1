import CLI
import Control
import ControlFixture
import Foundation
import Testing

/// Whom an offering's owner wants told, by options.
@Suite struct NotifyOptionTests {
  private let offering = ["offering", "add", "web", "--placement", "p/t/l", "--image", "i"]

  @Test func `webhook, secret and mail address are taken, and the secret is shown nowhere`() async throws {
    let stage = try SessionTests.Stage()
    let secret = stage.folder.path + "/secret"
    try "open sesame\n\n".write(toFile: secret, atomically: true, encoding: .utf8)
    let added = try await stage.run(
      words: offering + [
        "--notify-webhook", "https://example.com/hook?a=1", "--notify-secret-file", secret, "--notify-email",
        "owner@example.com",
      ])
    #expect(added.exit == .ok)
    #expect(added.text.contains("https://example.com/hook?a=1, signed") && added.text.contains("owner@example.com"))
    #expect(!added.text.contains("sesame"))
    let plain = try await stage.run(words: offering + ["--notify-webhook", "http://127.0.0.1:9/hook"])
    #expect(plain.text.contains("http://127.0.0.1:9/hook, not signed"))
    await stage.end()
  }

  @Test(arguments: [
    (["--notify-webhook", "http://example.com/hook"], "notify.webhook cannot be used"),
    (["--notify-webhook", "https://user@example.com/"], "notify.webhook cannot be used"),
    (["--notify-email", "nobody"], "notify.email is no mail address"),
    (["--notify-secret-file", "SECRET", "--notify-email", "a@b"], "notify.secret signs a webhook"),
    (["--notify-secret-file", "SHORT", "--notify-webhook", "https://example.com"], "notify.secret cannot be used"),
    (["--notify-secret-file", "NONE", "--notify-webhook", "https://example.com"], "NONE"),
  ])
  func `what cannot be told is refused before anything is asked`(words: [String], message: String) async throws {
    let stage = try SessionTests.Stage()
    for (name, text) in [("SECRET", "open sesame"), ("SHORT", "1234")] {
      try text.write(toFile: stage.folder.path + "/" + name, atomically: true, encoding: .utf8)
    }
    let files = ["SECRET", "SHORT", "NONE"]
    do {
      _ = try await stage.run(
        words: offering + words.map { files.contains($0) ? stage.folder.path + "/" + $0 : $0 })
      Issue.record("it was taken")
    } catch let failure as CommandFailure {
      #expect("\(failure.failure)".contains(message), "\(failure)")
      #expect(!"\(failure)".contains("sesame"))
    }
    #expect(stage.backend.calls.isEmpty)
    await stage.end()
  }
}
