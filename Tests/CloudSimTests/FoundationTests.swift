import CloudSim
import Foundation
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "[]", "{}", "[1,-2,3.5,1e9]", "{\"a\":{\"b\":[\"\\u00e9\\ud83d\\ude00\\n\"]}}", " [ 1 , 2 ] ",
    "9223372036854775807", "92233720368547758080", "\"\\\"\\\\\\/\"",
  ])
  func `Valid text is read and written as another parser reads it`(text: String) throws {
    let value = try #require(JSON(parsing: text))
    let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? NSObject
    let again = try JSONSerialization.jsonObject(with: Data(value.bytes), options: .fragmentsAllowed) as? NSObject
    #expect(theirs == again)
  }

  @Test(arguments: [
    "", " ", "nul", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", ".5", "-", "\"\\x\"", "\"", "[1 2]", "1 2", "\"\u{1}\"",
    "\"\\ud800\"", "+1", "{\"a\":1,}", "\"\\u12+4\"",
  ])
  func `Invalid text is refused`(text: String) { #expect(JSON(parsing: text) == nil) }

  @Test func `Deep nesting and random bytes end in a value or nil`() {
    #expect(JSON(parsing: String(repeating: "[", count: 100_000)) == nil)
    var random = SeededRandom(seed: 3)
    let alphabet = Array("[]{}\",:0123456789.eE+-truefalsn\\u \u{7f}".utf8)
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      if let value = JSON(parsing: bytes) { #expect(JSON(parsing: value.bytes) == value) }
    }
  }
}

@Suite struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (951_782_400_000, "2000-02-29T00:00:00Z"), (1_709_251_199_999, "2024-02-29T23:59:59Z"),
    (1_795_381_383_187, "2026-11-22T21:03:03Z"), (4_107_542_400_000, "2100-03-01T00:00:00Z"),
  ])
  func `Instants are written and read`(ms: Int64, text: String) {
    #expect(Timestamp.text(ms) == text)
    #expect(Timestamp.parse(text) == ms / 1000 * 1000)
  }

  @Test(arguments: ["", "2026-01-30", "2026-13-01T00:00:00Z", "2026-01-30T24:00:00Z", "2026-01-30T23:55:00+00:00"])
  func `Other forms are refused`(text: String) { #expect(Timestamp.parse(text) == nil) }
}

@Suite struct AddressPoolTests {
  @Test func `An address comes back only when the others have been used`() {
    var pool = AddressPool.loopback(port: 0x1234)
    let first = pool.take()
    #expect(first == "127.18.52.1")
    pool.give(first ?? "")
    #expect(pool.take() == "127.18.52.2")
    for _ in 0..<252 { #expect(pool.take() != nil) }
    #expect(pool.take() == first)
    #expect(pool.take() == nil)
    pool.give("10.0.0.1")
    #expect(pool.take() == nil)
  }
}

@Suite struct CloudConfigTests {
  @Test func `A cloud-config in JSON is read as cloud-init would`() {
    let config = CloudConfig(
      userData: """
        #cloud-config
        {"hostname": "box", "ssh_deletekeys": true, "disable_root": true,
         "ssh_keys": {"ed25519_private": "P", "ed25519_public": "Q\\n"}, "ssh_authorized_keys": ["k1"],
         "users": ["default", {"name": "anna", "ssh_authorized_keys": ["k2"]}, {"name": "../x"}],
         "write_files": [{"path": "/a", "content": "aGk=", "encoding": "b64", "permissions": "0600"}, {"path": "b"}],
         "runcmd": ["echo hi", ["touch", "it's"], 5]}
        """)
    #expect(config.hostname == "box" && config.disablesRoot && config.authorizedKeys == ["k1"])
    #expect(config.hostKeys.map(\.path) == ["/etc/ssh/ssh_host_ed25519_key", "/etc/ssh/ssh_host_ed25519_key.pub"])
    #expect(config.hostKeys.map { String(decoding: $0.content, as: UTF8.self) } == ["P\n", "Q\n"])
    #expect(config.users.map(\.name) == ["anna"])
    #expect(config.files.map(\.path) == ["/a"] && config.files.first?.content == Array("hi".utf8))
    #expect(config.commands == ["echo hi", "'touch' 'it'\\''s'"])
    #expect(config.problems.count == 3)
  }

  @Test func `Scripts run, and what is neither is a problem`() {
    #expect(CloudConfig(userData: "#!/bin/sh\ntrue\n").commands == ["#!/bin/sh\ntrue\n"])
    #expect(CloudConfig(userData: "").problems.isEmpty)
    #expect(!CloudConfig(userData: "hello").problems.isEmpty)
    #expect(!CloudConfig(userData: "#cloud-config\nruncmd:\n- true\n").problems.isEmpty)
  }
}
