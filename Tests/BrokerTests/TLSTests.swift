import Foundation
import Glibc
import Testing

@testable import Broker

/// A program that serves until it is let go.
final class ServingProgram: Sendable {
  private let process: Process
  /// The first line that held `marker`.
  let line: String

  /// Starts it and waits for a line with `marker` on its output.
  init(_ program: String, _ arguments: [String], until marker: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = Pipe()
    try process.run()
    self.process = process
    var text = ""
    while !text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().contains(where: {
      $0.contains(marker)
    }) {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    line = text.split(separator: "\n").first { $0.contains(marker) }.map(String.init) ?? ""
    if line.isEmpty { kill(process.processIdentifier, SIGKILL) }
    try #require(!line.isEmpty, "\(program) did not start: \(text)")
  }

  // Children inherit the signal mask of the task's thread, which blocks SIGTERM.
  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Runs a program to its end.
  static func run(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = Pipe()
    process.standardError = Pipe()
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }
}

/// A self-signed certificate in a folder of the test's own.
struct TestCertificate {
  let folder: TemporaryFolder
  var key: String { folder.path + "/key.pem" }
  var certificate: String { folder.path + "/cert.pem" }

  init(names: String = "IP:127.0.0.1,DNS:localhost") throws {
    folder = try TemporaryFolder()
    try ServingProgram.run(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
        certificate, "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(names)",
      ])
  }

  /// A grant for `https://127.0.0.1:port` that trusts only this certificate, or the system's authorities.
  func grant(port: UInt16, isTrusted: Bool) throws -> AccountGrant {
    let endpoint = try ApprovedEndpoint(
      baseURL: "https://127.0.0.1:\(port)", auth: .bearer, operatorSet: true, caFile: isTrusted ? certificate : nil)
    return AccountGrant(account: "tls", endpoints: ["api": endpoint]) { _ in Array(testToken.utf8) }
  }
}

@Suite(.timeLimit(.minutes(1)), .enabled(if: access("/usr/bin/openssl", X_OK) == 0))
struct TLSTests {
  static func server(_ certificate: TestCertificate) throws -> (ServingProgram, UInt16) {
    let program = try ServingProgram(
      "/usr/bin/openssl",
      ["s_server", "-accept", "127.0.0.1:0", "-key", certificate.key, "-cert", certificate.certificate, "-www"],
      until: "ACCEPT")
    return (program, try #require(program.line.split(separator: ":").last.flatMap { UInt16($0) }))
  }

  @Test func `a server with the operator's certificate authority is talked to`() async throws {
    let certificate = try TestCertificate()
    let (program, port) = try Self.server(certificate)
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try certificate.grant(port: port, isTrusted: true), verb: .list, path: "/"))
    #expect(result.outcome.answer?.status == 200)
    withExtendedLifetime(program) {}
  }

  @Test(arguments: [true, false])
  func `a certificate that nobody vouches for, or of another name, gets no request`(isOtherName: Bool) async throws {
    let certificate = try TestCertificate(names: isOtherName ? "DNS:other.example" : "IP:127.0.0.1")
    let (program, port) = try Self.server(certificate)
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(
        grant: try certificate.grant(port: port, isTrusted: isOtherName), verb: .provision, method: "POST", path: "/"))
    let why = try #require(result.outcome.notSent)
    #expect(why.cause == .unreachable)
    #expect(why.reason.contains("SSL"))
    #expect(!why.reason.contains(testToken))
    #expect(fixture.passages.isEmpty)
    withExtendedLifetime(program) {}
  }

  @Test(.enabled(if: access("/usr/sbin/nghttpx", X_OK) == 0))
  func `reads share one HTTP/2 connection, and a POST has an HTTP/1.1 connection of its own`() async throws {
    let backend = try RawServer.answering()
    defer { backend.stop() }
    let certificate = try TestCertificate()
    let free = socket(AF_INET, 1, 0)
    let port = try loopbackPort(of: free)
    close(free)
    let program = try ServingProgram(
      "/usr/sbin/nghttpx",
      [
        "--conf=/dev/null", "--single-process", "--workers=1", "--no-ocsp", "--frontend=127.0.0.1,\(port)",
        "--backend=127.0.0.1,\(backend.port)",
        certificate.key, certificate.certificate,
      ], until: "Listening on")
    let fixture = try BrokerFixture()
    let grant = try certificate.grant(port: port, isTrusted: true)
    let first = await fixture.broker.send(BrokerRequest(grant: grant, verb: .poll, path: "/servers"))
    #expect(first.outcome.answer?.status == 200)
    #expect(first.times.httpVersion == "2")
    await withTaskGroup(of: BrokerResult.self) { group in
      for _ in 0..<10 {
        group.addTask { await fixture.broker.send(BrokerRequest(grant: grant, verb: .poll, path: "/x")) }
      }
      for await result in group {
        #expect(result.outcome.answer?.status == 200)
        #expect(result.times.newConnection == false)
      }
    }
    let made = await fixture.broker.send(
      BrokerRequest(grant: grant, verb: .provision, method: "POST", path: "/servers", body: Array("{}".utf8)))
    #expect(made.outcome.answer?.status == 200)
    #expect(made.times.httpVersion == "1.1")
    #expect(made.times.newConnection == true)
    withExtendedLifetime(program) {}
  }
}
