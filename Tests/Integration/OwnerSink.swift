import EngineFixture
import Foundation
import Glibc
import System

/// A mail server or a webhook's receiver of an owner, with a certificate that only who names it as an authority trusts.
final class OwnerSink: Sendable {
  let port: Int
  private let log: String
  private let child: Child
  /// It ends with the last copy of this, also when the tests are killed.
  private let hold: Descriptor

  /// Starts one: `smtp`, `smtps` or `https`, with the certificate that `certificate` made in that folder.
  init(_ mode: String, _ folder: String) async throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let (input, hold) = try Descriptor.pipe()
    log = "\(folder)/\(mode).log"
    self.hold = hold
    child = try Child(
      "/usr/bin/python3",
      [tests.appendingPathComponent("Tools/owner-sink").path, mode, "\(folder)/ca.pem", "\(folder)/ca.key", log],
      input: input)
    input.close()
    let said = await child.printed(until: "\n")
    guard let port = said.split(whereSeparator: \.isWhitespace).last.flatMap({ Int($0) }) else {
      throw ScratchError("the \(mode) sink did not say where it listens: \(said)")
    }
    self.port = port
  }

  /// Makes `ca.pem` and its `ca.key`, for localhost, in a folder.
  static func certificate(in scratch: Scratch) async throws {
    _ = try await scratch.run(
      "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
      "\(scratch.path)/ca.key", "-out", "\(scratch.path)/ca.pem", "-days", "2", "-subj", "/CN=test", "-addext",
      "subjectAltName=IP:127.0.0.1,DNS:localhost")
  }

  /// Stops it where it stands: who connects waits.
  func freeze() { child.signal(SIGSTOP) }

  /// Lets it go on.
  func thaw() { child.signal(SIGCONT) }

  /// Returns once it has taken so many.
  func kept(_ count: Int) async { _ = await child.printed(until: "kept \(count)\n") }

  /// What it was told, line by line.
  var lines: [String] {
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  /// The texts of the mails, in the order in which they came.
  var mails: [(subject: String, text: String)] {
    var mails: [(subject: String, text: String)] = []
    var head: [String] = []
    var body: String?
    for line in lines + [""] {
      if line.hasPrefix("> ") {
        let text = String(line.dropFirst(2))
        if body != nil {
          body?.append(text)
        } else if text.isEmpty {
          body = ""
        } else {
          head.append(text)
        }
      } else if let whole = body {
        let subject = head.first { $0.hasPrefix("Subject: =?utf-8?B?") }?.dropFirst(19).dropLast(2) ?? ""
        mails.append((Self.decoded(String(subject)), Self.decoded(whole)))
        (head, body) = ([], nil)
      }
    }
    return mails
  }

  private static func decoded(_ text: String) -> String {
    Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) } ?? text
  }

  /// Ends it.
  func end() async {
    thaw()
    hold.close()
    await child.ended()
  }
}
