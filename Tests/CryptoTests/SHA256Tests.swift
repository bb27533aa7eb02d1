import Crypto
import Testing

@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ]) func `digests match FIPS 180-4`(text: String, digest: String) {
    #expect(SHA256.hex(text.utf8) == digest)
  }

  @Test func `a million letters in uneven pieces give the same digest as at once`() {
    let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    var hash = SHA256()
    var rest = letters[...]
    var size = 1
    while !rest.isEmpty {
      hash.update(rest.prefix(size))
      rest = rest.dropFirst(size)
      size = size * 3 % 7919 + 1
    }
    #expect(hash.hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    #expect(SHA256.digest(letters) == hash.digest())
  }

  @Test func `a copy forks the computation`() {
    var first = SHA256()
    first.update("ab".utf8)
    var second = first
    second.update("c".utf8)
    #expect(second.hex() == SHA256.hex("abc".utf8))
    #expect(first.hex() == SHA256.hex("ab".utf8))
  }

  @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
  func `base64 comes back`(text: String) {
    #expect(Base64.decode(Base64.encode(Array(text.utf8))) == Array(text.utf8))
  }

  @Test(arguments: ["Zg=", "Zg", "Z===", "====", "Zm9v\n", "Zm 9v", "Zh==", "Zg==Zg==", "Zm9v!A=="])
  func `base64 that is not canonical is refused`(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
