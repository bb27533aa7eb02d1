@testable import Crypto
import Testing

@Suite struct SealTests {
  let key: SealingKey
  let seal: Seal
  let secret = SecretBytes(copying: Array("hunter2 hunter2 hunter2".utf8))

  init() throws {
    key = try SealingKey.generate()
    seal = Seal(current: key)
  }

  @Test func `AES-256-GCM matches the algorithm's published test case 16`() throws {
    let half = bytes("feffe9928665731c6d6a8f9467308308")
    let plaintext = bytes(
      """
      d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
      1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
      """)
    let ciphertext = bytes(
      """
      522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
      8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
      """)
    let cipher = try AESGCM(
      .seal, key: SecretBytes(copying: half + half), nonce: bytes("cafebabefacedbaddecaf888"))
    try cipher.authenticate(bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
    var output = [UInt8](repeating: 0, count: plaintext.count)
    try cipher.process(SecretBytes(copying: plaintext), into: &output)
    #expect(output == ciphertext)
    #expect(try cipher.finishSealing() == bytes("76fc6ece0f4e1768cddf8853bb2d551b"))
  }

  @Test(arguments: [0, 1, 15, 16, 17, 4096, Seal.maximumPlaintext])
  func `what was sealed opens again`(count: Int) throws {
    let plaintext = SecretBytes(copying: try RandomBytes.make(count))
    let box = try seal.seal(plaintext, record: "account/7", field: "token")
    #expect(box.count == count + Seal.overhead)
    #expect(try seal.open(box, record: "account/7", field: "token").matches(plaintext))
  }

  @Test func `a box does not open for another record or field`() throws {
    let box = try seal.seal(secret, record: "account/7", field: "token")
    for (record, field) in [("account/8", "token"), ("account/7", "user_data"), ("account/7t", "oken"), ("", "")] {
      #expect(throws: CryptoFailure.boxNotAuthentic(record: record, field: field)) {
        try seal.open(box, record: record, field: field)
      }
    }
  }

  @Test func `a box with any bit changed does not open`() throws {
    let box = try seal.seal(secret, record: "r", field: "f")
    for index in box.indices {
      for bit in 0..<8 {
        var changed = box
        changed[index] ^= 1 << UInt8(bit)
        #expect(throws: CryptoFailure.self) { try seal.open(changed, record: "r", field: "f") }
      }
    }
  }

  @Test func `a box cut anywhere does not open`() throws {
    let box = try seal.seal(secret, record: "r", field: "f")
    for count in 0..<box.count {
      #expect(throws: CryptoFailure.self) { try seal.open(Array(box.prefix(count)), record: "r", field: "f") }
    }
    #expect(throws: CryptoFailure.boxTruncated(minimum: Seal.overhead, found: 20)) {
      try seal.open(Array(box.prefix(20)), record: "r", field: "f")
    }
  }

  @Test func `a box of another layout says which layout was expected`() throws {
    var box = try seal.seal(secret, record: "r", field: "f")
    box[0] = 9
    #expect(throws: CryptoFailure.boxVersion(expected: 1, found: 9)) { try seal.open(box, record: "r", field: "f") }
  }

  @Test func `a retired key still opens, and its boxes are marked for resealing`() throws {
    let box = try seal.seal(secret, record: "r", field: "f")
    let next = try SealingKey.generate()
    let rotated = Seal(current: next, retired: [key])
    #expect(try rotated.open(box, record: "r", field: "f").matches(secret))
    #expect(try rotated.needsResealing(box))
    let fresh = try rotated.seal(secret, record: "r", field: "f")
    #expect(try !rotated.needsResealing(fresh))
    #expect(throws: CryptoFailure.boxKey(found: key.id)) {
      try Seal(current: next).open(box, record: "r", field: "f")
    }
  }

  @Test func `a secret that is too long is refused`() throws {
    let long = SecretBytes(copying: [UInt8](repeating: 1, count: Seal.maximumPlaintext + 1))
    #expect(
      throws: CryptoFailure.plaintextTooLong(limit: Seal.maximumPlaintext, found: Seal.maximumPlaintext + 1)
    ) { try seal.seal(long, record: "r", field: "f") }
  }

  @Test func `two boxes of the same secret differ`() throws {
    let first = try seal.seal(secret, record: "r", field: "f")
    #expect(try seal.seal(secret, record: "r", field: "f") != first)
  }

  @Test func `sealing an array wipes it`() throws {
    var plaintext = Array("hunter2".utf8)
    let box = try seal.seal(wiping: &plaintext, record: "r", field: "f")
    #expect(plaintext == [UInt8](repeating: 0, count: 7))
    #expect(try seal.open(box, record: "r", field: "f").text() == "hunter2")
  }

  @Test func `a secret never shows in a description`() throws {
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped, "\(try SealingKey.generate())"] {
      #expect(!text.contains("hunter2"))
    }
    #expect("\(secret)" == "<secret of 23 bytes>")
  }
}
