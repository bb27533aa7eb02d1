import Control
import EngineFixture
import Foundation
import System
import Testing

/// An offering's owner, told by a real host over TLS of recipes that failed on real machines.
@Suite(
  .enabled(if: getuid() == 0, "VMs are namespaces with a real sshd: needs root"),
  .enabled(if: access("/usr/bin/python3", X_OK) == 0, "needs python3"))
struct RecipeNoticeTests {
  /// The configuration with a mail server there, and the private authority.
  private static func configuration(_ scheme: String, _ port: Int, _ path: String) -> String {
    """
    {notify: {
      allow_private: true, ca_file: "\(path)/ca.pem", smtp_url: "\(scheme)://localhost:\(port)",
      smtp_user: "slipway", smtp_password_file: "\(path)/smtp.password", mail_from: "slipway@example.com",
    }}
    """
  }

  private static let script = """
    #!/bin/sh
    # slipway-input: TOKEN string secret required
    i=0
    while [ $i -lt 30 ]; do i=$((i + 1)); echo "complaint $i." >&2; done
    echo "of $SLIPWAY_TENANT with $TOKEN" >&2
    exit 7

    """

  @Test(.timeLimit(.minutes(5)), arguments: ["smtp", "smtps"])
  func `owners get mail and signed webhooks over TLS, in order, with the last words, over a host that was killed`(
    scheme: String
  ) async throws {
    let scratch = try Scratch()
    try await OwnerSink.certificate(in: scratch)
    let mail = try await OwnerSink(scheme, scratch.path)
    let hook = try await OwnerSink("https", scratch.path)
    for (name, text) in [("smtp.password", "of the mail\n"), ("hook.secret", "open sesame\n"), ("token", "hunter2!\n")]
    {
      try text.write(toFile: "\(scratch.path)/\(name)", atomically: true, encoding: .utf8)
    }
    let configuration = Self.configuration(scheme, mail.port, scratch.path)
    let stage = try await RecipeStage(configuration: configuration)
    try await stage.offer(
      "bad", Self.script, "--notify-email", "owner@example.org", "--notify-webhook",
      "https://localhost:\(hook.port)/hook", "--notify-secret-file", "\(scratch.path)/hook.secret")
    // Both are there, and take nothing: the host is killed with every notice on its way or waiting.
    mail.freeze()
    hook.freeze()
    var ids: [String] = []
    for tenant in ["joe", "ann"] {
      let id = try await stage.order("bad", "--tenant", tenant, "--input-file", "TOKEN=\(scratch.path)/token")
      let failed = await stage.host.rest(id)
      #expect(failed?.state == "failed", "\(failed as Any)")
      ids.append(id)
    }
    stage.host.kill()
    await stage.host.died()
    mail.thaw()
    hook.thaw()
    let again = try await ServedHost(stage.scratch, configuration: configuration)
    await mail.kept(2)
    await hook.kept(2)

    let mails = mail.mails
    #expect(mails.count == 2, "\(mail.lines)")
    for (letter, (id, tenant)) in zip(mails, zip(ids, ["joe", "ann"])) {
      #expect(letter.subject == "Slipway: a provision of bad failed")
      #expect(letter.text.contains("Resource: \(id)\n") && letter.text.contains("exited with 7"), "\(letter.text)")
      #expect(letter.text.contains("complaint 30.\nof \(tenant) with [redacted]"), "\(letter.text)")
      #expect(letter.text.contains("complaint 12.\n") && !letter.text.contains("complaint 11.\n"), "\(letter.text)")
    }
    #expect(mail.lines.contains("TLS RCPT TO:<owner@example.org>"))
    #expect(mail.lines.contains { $0.hasPrefix("TLS AUTH PLAIN") })
    #expect(mail.lines.filter { $0.hasPrefix("PLAIN") }.allSatisfy { $0.contains("EHLO") || $0 == "PLAIN STARTTLS" })

    let posts = hook.lines.filter { $0.hasPrefix("TLS ") }
    let signatures = hook.lines.filter { $0.lowercased().hasPrefix("slipway-signature: ") }
    #expect(posts.count == 2 && signatures.count == 2, "\(hook.lines)")
    for (index, (post, signature)) in zip(posts, signatures).enumerated() {
      #expect(post.hasPrefix("TLS POST /hook HTTP/1.1 "))
      let body = Data(post.dropFirst(24).utf8)
      let parts = signature.dropFirst(19).split(separator: ",").map { $0.split(separator: "=").last.map(String.init) }
      let stamp = try #require(parts.first ?? nil)
      let file = "\(scratch.path)/signed-\(index)"
      try (Data("\(stamp).".utf8) + body).write(to: URL(filePath: file))
      let digest = try await scratch.run("/usr/bin/openssl", "dgst", "-sha256", "-hmac", "open sesame", file)
      let code = try #require(parts.last ?? nil)
      #expect(code.utf8.count == 64 && digest.trimmingCharacters(in: .whitespacesAndNewlines).hasSuffix(code))
      let told = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
      #expect(told["resource_id"] as? String == ids[index] && told["kind"] as? String == "provision_failed")
      let words = (told["stderr_tail"] as? String ?? "").split(separator: "\n")
      #expect(words.count == 20 && words.last == "of \(["joe", "ann"][index]) with [redacted]", "\(told)")
    }
    // They are done with: the host ends in peace, and the next one sends nothing again.
    await again.end()
    let last = try await ServedHost(stage.scratch, configuration: configuration)
    #expect(await last.ask("GET", "/v1/offerings/bad", as: OfferingView.self) != nil)
    await last.end()
    #expect(mail.mails.count == 2 && hook.lines.count == 4)
    await mail.end()
    await hook.end()
  }
}
