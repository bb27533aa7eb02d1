@testable import PluginKit
import PluginMessages
import Testing

@Suite struct ValueTests {
  @Test func `MD5 is MD5`() {
    #expect(hex(MD5.digest([])) == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(hex(MD5.digest(Array("abc".utf8))) == "900150983cd24fb0d6963f7d28e17f72")
    #expect(hex(MD5.digest([UInt8](repeating: 0x61, count: 1_000))) == "cabe45dcc9ae5b66ba86600cca6b8ba8")
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }

  @Test(arguments: [
    ("0.007", "0.007"), ("5", "5"), ("2.50", "2.5"), ("\"0.0060000000\"", "0.0060000000"), ("0", "0"),
    ("0.1", "0.1"), ("1000000000", "1000000000"),
  ])
  func `A price is read digit by digit`(json: String, text: String) throws {
    #expect(try JSON.decode([DecimalText].self, "[\(json)]".utf8).first?.description == text)
  }

  @Test(arguments: [
    "-1", "1e300", "1e999", "null", "\"\"", "\".5\"", "\"1.\"", "\"1,5\"", "\"NaN\"", "[]", "1000000001",
  ])
  func `What is no price is not read as one`(json: String) {
    #expect(throws: JSON.Mismatch.self) { try JSON.decode([DecimalText].self, "[\(json)]".utf8) }
  }

  @Test(
    arguments: [
      ("0.00743999984115362", 6, "0.00744"), ("0.0000005", 6, "0.000001"), ("0.00000049", 6, "0"), ("5", 6, "5"),
      ("5.0", 6, "5"), ("9.9999999", 6, "10"), ("1.5", 0, "2"), ("0.12", 12, "0.12"),
      ("999999999.999", 12, "999999999.999"),
      ("1000000001", 6, nil), ("-1", 6, nil), ("1e3", 6, nil), ("", 6, nil), (".", 6, nil), ("1", 13, nil),
      ("9999999999.9", 6, nil),
    ] as [(String, Int, String?)])
  func `What binary floating point left behind is rounded away`(text: String, places: Int, rounded: String?) {
    #expect(DecimalText(rounding: text, to: places)?.description == rounded)
  }

  @Test(arguments: [("5", "0.007441"), ("672", "1.000000"), ("0", "0.000000"), ("0.0000001", "0.000001")])
  func `A price's share is rounded up`(whole: String, share: String) {
    #expect(DecimalText(whole)?.divided(by: 672)?.description == share)
    #expect(DecimalText(whole)?.divided(by: 0) == nil)
  }

  @Test func `A key is the same whatever its comment, and known by its fingerprint`() throws {
    let text = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHTE5d5LOW0mPBrzb8vJSkuOOp0eDBNGLD1OxvtXKWC"
    let key = try InstallationKey("\(text) here", of: AccountContext(id: "a", installationId: "i"))
    #expect(key.isSame(as: text) && key.isSame(as: " \(text)\tthere\n"))
    #expect(!key.isSame(as: "ssh-ed25519") && !key.isSame(as: "ssh-ed25519 AAAA") && !key.isSame(as: ""))
    #expect(key.fingerprint.split(separator: ":").count == 16)
    #expect(key.name == "slipway-i")
  }
}
