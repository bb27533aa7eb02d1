import Crypto
import Foundation
import Glibc
import Testing

@testable import Broker

/// Notices over TLS, to a real mail server and a real receiver with a certificate that only the operator trusts.
@Suite(.timeLimit(.minutes(1)), .enabled(if: access("/usr/bin/python3", X_OK) == 0, "needs python3"))
struct CourierTLSTests {
  private struct Sink {
    let certificate: TestCertificate
    let program: ServingProgram
    let port: UInt16
    var log: [String] {
      let text = try? String(contentsOfFile: certificate.folder.path + "/log", encoding: .utf8)
      return (text ?? "").split(separator: "\n").map(String.init)
    }

    init(_ mode: String) throws {
      certificate = try TestCertificate()
      let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      program = try ServingProgram(
        "/usr/bin/python3",
        [
          tests.appendingPathComponent("Tools/owner-sink").path, mode, certificate.certificate, certificate.key,
          certificate.folder.path + "/log",
        ], until: "listening on")
      port = try #require(program.line.split(separator: " ").last.flatMap { UInt16($0) })
    }
  }

  private func mail() throws -> MailMessage {
    try MailMessage(
      from: "slipway@example.com", to: "owner@example.org", subject: "Failed", text: "why",
      id: "01J00000000000000000000000", unixSeconds: 1_700_000_000)
  }

  @Test(arguments: ["smtps", "smtp"])
  func `mail goes over TLS from the first byte or after STARTTLS, and the password never before`(scheme: String)
    async throws
  {
    let sink = try Sink(scheme)
    let server = try MailServer(
      url: "\(scheme)://localhost:\(sink.port)", user: "slipway", password: SecretBytes(copying: Array("secret".utf8)),
      caFile: sink.certificate.certificate)
    #expect(await Courier().deliver(try mail(), by: server) == .delivered)
    let login = Data("\0slipway\0secret".utf8).base64EncodedString()
    #expect(sink.log.contains { $0.hasPrefix("TLS AUTH PLAIN") } && sink.log.contains { $0.hasSuffix(login) })
    #expect(sink.log.contains("TLS RCPT TO:<owner@example.org>"))
    #expect(sink.log.contains { $0.hasPrefix("> Subject: ") })
    #expect(sink.log.filter { $0.hasPrefix("PLAIN") }.allSatisfy { $0.contains("EHLO") || $0 == "PLAIN STARTTLS" })
  }

  @Test(arguments: ["smtps", "smtp"])
  func `a mail server with a certificate that nobody vouches for is told nothing`(scheme: String) async throws {
    let sink = try Sink(scheme)
    let result = await Courier().deliver(try mail(), by: try MailServer(url: "\(scheme)://localhost:\(sink.port)"))
    guard case .again = result else {
      Issue.record("\(result)")
      return
    }
    #expect(!sink.log.contains { $0.contains("MAIL FROM") }, "\(sink.log)")
  }

  @Test(arguments: [true, false])
  func `a webhook is posted to a receiver whose authority the operator trusts, and to no other`(isTrusted: Bool)
    async throws
  {
    let sink = try Sink("https")
    let post = try WebhookPost(
      url: "https://localhost:\(sink.port)/hook", id: "01J00000000000000000000000", attempt: 1,
      body: Array("{}".utf8), secret: nil, unixSeconds: 1_700_000_000, allowPrivate: true,
      caFile: isTrusted ? sink.certificate.certificate : nil)
    let result = await Courier().deliver(post)
    if isTrusted {
      #expect(result == .delivered)
      #expect(sink.log == ["TLS POST /hook HTTP/1.1 {}"])
    } else {
      guard case .again = result else {
        Issue.record("\(result)")
        return
      }
      #expect(sink.log == [])
    }
  }
}
