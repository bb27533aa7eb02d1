import Control
import Testing

@Suite struct DecodingTests {
  private func failure(_ body: () throws -> some Any) -> ControlFailure? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? ControlFailure
    }
  }

  @Test func `an unknown member is named with those that are known and the nearest`() {
    let failure = failure {
      try RequestDecoding.offering(
        Array(#"{"name":"a","placements":[{"account":"p","type":"t","locaton":"l","location":"l","image":"i"}]}"#.utf8))
    }
    #expect(failure?.code == .badRequest)
    #expect(failure?.message == "unknown member placements[0].locaton")
    #expect(failure?.expected == "account, type, location, image")
    #expect(failure?.remedy == "did you mean location?")
    #expect(failure?.violations?.first?.path == "placements[0].locaton")
  }

  @Test(arguments: [
    ("", "the body is not JSON"), ("[]", "body must be an object"), ("{}", "name is required"),
    (#"{"name":7}"#, "name must be a string"), (#"{"name":"Ä"}"#, "name is not a name"),
    (#"{"name":"a"}"#, "placements is required"), (#"{"name":"a","placements":[]}"#, "placements is required"),
    (#"{"name":"a","placements":[1]}"#, "placements[0] must be an object"),
    (#"{"name":"a","placements":{}}"#, "placements must be a list"),
    (#"{"name":"a","config":[],"placements":[]}"#, "config must be an object"),
    (#"{"name":"a","provision_deadline_s":29}"#, "provision_deadline_s is out of range"),
    (#"{"name":"a","provision_deadline_s":1e300}"#, "provision_deadline_s must be a whole number"),
    (#"{"name":"a","provision_deadline_s":"9"}"#, "provision_deadline_s must be a whole number"),
    (
      #"{"name":"a","readiness":"maybe","placements":[{"account":"p","type":"t","location":"l","image":"i"}]}"#,
      "readiness is not known"
    ),
  ])
  func `an offering that is wrong is refused with the reason`(body: String, message: String) {
    #expect(failure { try RequestDecoding.offering(Array(body.utf8)) }?.message == message)
  }

  @Test(arguments: [
    #""ftp://x""#, #""http://""#, #""https://user@host/""#, #""https://host/?a=b""#, #""https://ho st""#, #""//host""#,
  ])
  func `an endpoint that is no base address is refused`(url: String) {
    let body = #"{"name":"a","plugin":"p","endpoints":{"api":{"url":\#(url)}}}"#
    #expect(
      failure { try RequestDecoding.account(Array(body.utf8)) }?.message == "endpoints.api.url is not a base address")
  }

  @Test(arguments: ["", "two\nlines", String(repeating: "x", count: 8193), "a\u{0}b"])
  func `a credential that is not one line is refused without being repeated`(text: String) {
    let body = ControlCoding.encode(["name": "a", "plugin": "p", "credential": text])
    let failure = failure { try RequestDecoding.account(body) }
    #expect(failure?.message == "credential cannot be used")
    if text.count > 2 { #expect(failure.map { "\($0)".contains(text) } == false) }
  }

  static let ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPhQDsRhckDuMs4tNsVukf9/qAV9JxGW6JOTqQCHNale"

  @Test func `public keys are checked before a machine gets them`() throws {
    #expect(try SSHKeyLine.checked("\(Self.ed25519)  joe @ home \n") == "\(Self.ed25519) joe @ home")
    #expect(throws: SSHKeyLine.Problem.self) { try SSHKeyLine.checked("command=\"rm -rf /\" \(Self.ed25519)") }
    #expect(throws: SSHKeyLine.Problem.self) { try SSHKeyLine.checked("\(Self.ed25519)\n\(Self.ed25519)") }
    #expect(throws: SSHKeyLine.Problem.self) { try SSHKeyLine.checked("ssh-ed25519 AAAA") }
    #expect(throws: SSHKeyLine.Problem.self) { try SSHKeyLine.checked("ssh-dss " + Self.ed25519.dropFirst(12)) }
    do {
      _ = try SSHKeyLine.checked("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n")
      Issue.record("a private key was taken")
    } catch {
      #expect(error.problem == "is a private key")
      #expect(!"\(error)".contains("b3Blb"))
    }
  }

  @Test func `a resource with a bad key names which`() {
    let body = ControlCoding.encode([
      "offering": JSON.string("a"), "ssh_keys": .array([.string(Self.ed25519), .string("x")]),
    ])
    #expect(failure { try RequestDecoding.resource(body) }?.violations?.first?.path == "ssh_keys[1]")
  }

  @Test func `arbitrary bodies are refused or read, never more`() {
    var random = SplitMix(seed: 7)
    let words = [
      "{", "}", "[", "]", ":", ",", "\"name\"", "\"placements\"", "\"a\"", "1e999", "-0", "null", "\u{0}", "é",
      "\\u0000",
    ]
    for _ in 0..<20_000 {
      let body = Array(
        (0..<Int.random(in: 0..<12, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }.joined()
          .utf8)
      _ = failure { try RequestDecoding.offering(body) }
      _ = failure { try RequestDecoding.account(body) }
      _ = failure { try RequestDecoding.resource(body) }
      _ = failure { try RequestDecoding.power(body) }
    }
  }
}

/// Randomness that a seed repeats.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
