import Testing

@testable import Remote

/// The reading of what the scripts of the host key's rotation print.
@Suite struct RotationReportTests {
  let new = "ssh-ed25519 AAAAnew"

  func report(
    state: String = "rotated", hostKeys: String = "ssh-ed25519 AAAAnew",
    authorized: String = "ssh-ed25519 AAAAtenant me"
  ) -> [UInt8] {
    Array(
      """
      welcome
      -----SLIPWAY STATE-----
      \(state)
      -----SLIPWAY HOST KEY-----
      \(hostKeys)
      -----SLIPWAY AUTHORIZED KEYS-----
      \(authorized)
      -----SLIPWAY END-----
      """.utf8)
  }

  func problem(_ report: [UInt8], tenantKeys: [String] = ["ssh-ed25519 AAAAtenant someone"]) -> HostKeyRotation.Problem?
  {
    do throws(HostKeyRotation.Problem) {
      try HostKeyRotation.check(report, newKey: "\(new) comment", tenantKeys: tenantKeys)
      return nil
    } catch { return error }
  }

  @Test func `a gathered key is read only from between the marks`() {
    let good = "motd\r\n-----SLIPWAY HOST KEY-----\nssh-ed25519 AAAA comment\n-----SLIPWAY END-----\n"
    #expect(HostKeyRotation.newKey(in: Array(good.utf8)) == "ssh-ed25519 AAAA")
    for bad in [
      "", "ssh-ed25519 AAAA\n", "-----SLIPWAY HOST KEY-----\nssh-ed25519 AAAA\n",
      "-----SLIPWAY HOST KEY-----\nssh-rsa AAAA\n-----SLIPWAY END-----\n",
      "-----SLIPWAY HOST KEY-----\n-----SLIPWAY END-----\n",
      "-----SLIPWAY HOST KEY-----\nssh-ed25519 AAAA\nssh-ed25519 BBBB\n-----SLIPWAY END-----\n",
      "-----SLIPWAY END-----\nssh-ed25519 AAAA\n-----SLIPWAY HOST KEY-----\n",
      "-----SLIPWAY HOST KEY-----\nssh-ed25519 \(String(repeating: "A", count: 300))\n-----SLIPWAY END-----\n",
    ] { #expect(HostKeyRotation.newKey(in: Array(bad.utf8)) == nil, "\(bad)") }
  }

  @Test func `a good report has no problem`() {
    #expect(problem(report()) == nil)
    #expect(problem(report(), tenantKeys: []) == nil)
  }

  @Test func `each thing that is wrong is told apart`() {
    #expect(problem([]) == .unreadable)
    #expect(problem(report().dropLast(5) + []) == .unreadable)
    #expect(problem(report(state: "")) == .notRotated)
    #expect(problem(report(hostKeys: "")) == .notRotated)
    #expect(problem(report(hostKeys: "\(new)\nssh-rsa BBBB")) == .otherHostKey("ssh-rsa BBBB"))
    #expect(problem(report(hostKeys: "\(new)\nunreadable")) == .otherHostKey("a file"))
    #expect(problem(report(state: "rotated\nuser-data")) == .userDataLeft)
    #expect(problem(report(authorized: "")) == .tenantKeysMissing(["ssh-ed25519 AAAAtenant"]))
  }

  @Test func `a key that other options forbid, or a part of a key, is not in place`() {
    for line in [
      "command=\"false\" ssh-ed25519 AAAAtenant", "# ssh-ed25519 AAAAtenant", "ssh-ed25519 AAAAtenantmore",
      "ssh-ed25519 AAAAten",
    ] { #expect(problem(report(authorized: line)) == .tenantKeysMissing(["ssh-ed25519 AAAAtenant"]), "\(line)") }
  }

  @Test func `a key with the options that the tenant gave it is in place`() {
    let line = "from=\"192.0.2.1\" ssh-ed25519 AAAAtenant me"
    #expect(problem(report(authorized: line), tenantKeys: [line]) == nil)
  }
}
