import Crypto
import Foundation
import Synchronization
import Testing

@testable import Broker

/// What a strict mail server on loopback was told.
final class MailLog: Sendable {
  let lines = Mutex<[String]>([])
  var all: [String] { lines.withLock { $0 } }
}

/// A mail server that takes exactly the commands of RFC 5321 in their order, and refuses what `refusal` names.
func mailServer(_ log: MailLog, refusal: (command: String, reply: String)? = nil) throws -> RawServer {
  try RawServer { _, connection in
    func told() -> String? {
      guard let line = connection.line() else { return nil }
      log.lines.withLock { $0.append(line) }
      return line
    }
    func answer(_ command: String, _ reply: String) -> Bool {
      guard let line = told(), line.hasPrefix(command) else {
        connection.write("503 5.5.1 expected \(command)\r\n")
        return false
      }
      let refused = refusal?.command == command
      connection.write(refused ? "\(refusal?.reply ?? "")\r\n" : reply + "\r\n")
      return !refused
    }
    connection.write("220 test ESMTP\r\n")
    guard answer("EHLO ", "250 test"), answer("MAIL FROM:<", "250 ok"), answer("RCPT TO:<", "250 ok"),
      answer("DATA", "354 go on")
    else {
      _ = answer("QUIT", "221 bye")
      return
    }
    while let line = told(), line != "." {}
    connection.write("250 kept\r\n")
    _ = answer("QUIT", "221 bye")
  }
}

@Suite struct CourierMailTests {
  private func mail(subject: String = "Failed", text: String = "why") throws -> MailMessage {
    try MailMessage(
      from: "slipway@example.com", to: "owner@example.org", subject: subject, text: text,
      id: "01J00000000000000000000000", unixSeconds: 1_700_000_000)
  }

  @Test func `a mail server gets the mail whole`() async throws {
    let log = MailLog()
    let server = try mailServer(log)
    defer { server.stop() }
    let text = ".\r\nZeilen mit Ümläuten\n" + String(repeating: "lang ", count: 100)
    let result = await Courier().deliver(
      try mail(text: text), by: try MailServer(url: "smtp://127.0.0.1:\(server.port)"))
    #expect(result == .delivered)
    #expect(log.all.contains { $0.hasPrefix("MAIL FROM:<slipway@example.com>") })
    #expect(log.all.contains("RCPT TO:<owner@example.org>"))
    #expect(log.all.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000"))
    #expect(log.all.contains("Message-ID: <01J00000000000000000000000@example.com>"))
    let blank = try #require(log.all.firstIndex(of: ""))
    let body = log.all[(blank + 1)...].prefix { $0 != "." }.joined()
    #expect(Base64.decode(body).map { String(decoding: $0, as: UTF8.self) } == text)
  }

  @Test(arguments: [("550 5.1.1 no such user", true), ("451 4.3.0 later", false)])
  func `a refusal for good ends it, one for now does not`(reply: String, isFinal: Bool) async throws {
    let server = try mailServer(MailLog(), refusal: ("RCPT TO:<", reply))
    defer { server.stop() }
    let result = await Courier().deliver(try mail(), by: try MailServer(url: "smtp://127.0.0.1:\(server.port)"))
    let why = "the mail server answered \(reply.prefix(3))"
    #expect(result == (isFinal ? .never(why) : .again(why)))
  }

  @Test func `a server outside of loopback must offer TLS, and no plain mail goes to it`() throws {
    #expect(try MailServer(url: "smtp://mail.example.com").mayBePlain == false)
    #expect(try MailServer(url: "smtp://mail.example.com").origin.port == 587)
    #expect(try MailServer(url: "smtps://mail.example.com").origin.port == 465)
    #expect(throws: BrokerRefusal.self) { try MailServer(url: "http://mail.example.com") }
    #expect(throws: BrokerRefusal.self) { try MailServer(url: "smtp://mail.example.com/path") }
  }

  @Test func `nothing in a subject or a text becomes a header`() throws {
    var seed: UInt64 = 42
    let pieces = [
      "\r\n", "\n", "\r", "Bcc: x@example.net", "\0", "?=", "=?", "ü", "\u{85}", "\u{2028}", ".", "\r\n\r\n",
    ]
    let names = try headerNames(mail())
    for _ in 0..<2000 {
      var subject = ""
      for _ in 0..<12 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        subject += pieces[Int((seed >> 33) % UInt64(pieces.count))]
      }
      let mail = try mail(subject: subject, text: subject)
      #expect(try headerNames(mail) == names)
      #expect(mail.bytes.allSatisfy { (0x20...0x7e).contains($0) || $0 == 13 || $0 == 10 })
    }
  }

  private func headerNames(_ mail: MailMessage) throws -> [String] {
    let head = try #require(String(decoding: mail.bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n").first)
    let lines = head.components(separatedBy: "\r\n").filter { !$0.hasPrefix(" ") }
    return lines.map { String($0.prefix { $0 != ":" }) }
  }

  @Test(arguments: [
    "a@b\r\nBcc: c@d", "a b@c", "a@b>", "<a@b", "@b", "a@", "a", "a@b@c", "ü@b.de", "a..b@c", "a@-b", "a@b\0",
  ])
  func `an address that could end a header is refused`(address: String) {
    #expect(throws: BrokerRefusal.self) {
      try MailMessage(from: "a@example.com", to: address, subject: "", text: "", id: "A", unixSeconds: 0)
    }
  }
}
