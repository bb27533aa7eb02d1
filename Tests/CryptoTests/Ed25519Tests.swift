import Crypto
import Foundation
import Testing

@Suite struct Ed25519Tests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      """
      e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
      5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
      """
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      """
      92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
      085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
      """
    ),
  ]) func `keys and signatures match RFC 8032`(seed: String, publicKey: String, message: String, signature: String)
    throws
  {
    let key = try Ed25519Key(seed: SecretBytes(copying: bytes(seed)))
    #expect(key.publicKey.bytes == bytes(publicKey))
    #expect(try key.sign(bytes(message)) == bytes(signature))
    #expect(key.publicKey.verifies(bytes(signature), of: bytes(message)))
    #expect(!key.publicKey.verifies(bytes(signature), of: bytes(message) + [0]))
  }

  @Test(
    .enabled(if: installed(sshKeygen), "ssh-keygen is not installed"), arguments: ["", "slipway", "a b c d e f g h"])
  func `ssh-keygen reads the private key and prints our public key`(comment: String) throws {
    let key = try Ed25519Key.generate()
    let path = try folder.write("id", key.openSSHPrivateKey(comment: comment).copy())
    let result = try run(sshKeygen, "-y", "-f", path)
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output == key.publicKey.openSSH(comment: comment) + "\n")
  }

  @Test(.enabled(if: installed(sshKeygen), "ssh-keygen is not installed"))
  func `ssh-keygen prints our fingerprint`() throws {
    let key = try Ed25519Key.generate()
    let path = try folder.write("id.pub", Array((key.publicKey.openSSH(comment: "host") + "\n").utf8))
    let result = try run(sshKeygen, "-l", "-f", path)
    #expect(result.output == "256 \(key.publicKey.fingerprint) host (ED25519)\n")
  }

  @Test(.enabled(if: installed(sshKeygen), "ssh-keygen is not installed"))
  func `a key that ssh-keygen made is read back`() throws {
    let path = folder.file("made")
    #expect(try run(sshKeygen, "-q", "-t", "ed25519", "-N", "", "-C", "someone@example", "-f", path).status == 0)
    let text = try String(contentsOfFile: path + ".pub", encoding: .utf8)
    let key = try Ed25519PublicKey(openSSH: text)
    #expect(key.openSSH(comment: "someone@example") + "\n" == text)
  }

  @Test(.enabled(if: installed(openssl), "openssl is not installed"))
  func `openssl verifies our signature`() throws {
    let key = try Ed25519Key.generate()
    let message = Array("the message".utf8)
    let document = bytes("302a300506032b6570032100") + key.publicKey.bytes
    let pem = "-----BEGIN PUBLIC KEY-----\n\(Base64.encode(document))\n-----END PUBLIC KEY-----\n"
    let result = try run(
      openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", folder.write("pub", Array(pem.utf8)), "-in",
      folder.write("message", message), "-sigfile", folder.write("signature", try key.sign(message)))
    #expect(result.status == 0, "\(result.output)")
  }

  @Test func `the private key's text is the same every time`() throws {
    let seed = SecretBytes(copying: try RandomBytes.make(32))
    let first = try Ed25519Key(seed: seed).openSSHPrivateKey(comment: "c")
    #expect(try Ed25519Key(seed: seed).openSSHPrivateKey(comment: "c").matches(first))
  }

  @Test(arguments: [
    "", "ssh-ed25519", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ", "ssh-ed25519 !!!!", "ssh-ed25519 AAAA",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==",
    "command=\"x\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGSPkjqcLTzGwPnRF3jE4BzCNsR3l9sZJm9aWb0FYd2a",
  ]) func `text that is no Ed25519 public key is refused`(text: String) {
    #expect(throws: CryptoFailure.self) { try Ed25519PublicKey(openSSH: text) }
  }

  @Test func `a line break in a comment cannot add a second line`() throws {
    let text = try Ed25519Key.generate().publicKey.openSSH(comment: "a\nssh-ed25519 evil\r\nb")
    #expect(text.split(whereSeparator: \.isNewline).count == 1)
  }

  @Test func `random bytes come in the length asked for and differ`() throws {
    #expect(try RandomBytes.make(0).isEmpty)
    #expect(try RandomBytes.make(33).count == 33)
    #expect(try RandomBytes.make(32) != RandomBytes.make(32))
  }
}
