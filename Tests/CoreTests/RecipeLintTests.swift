import Core
import Model
import Testing

@Suite struct RecipeLintTests {
  private func found(_ script: String) -> [String] {
    RecipeLint.findings(Array(script.utf8)).map { "\($0.severity.rawValue) \($0.code) \($0.line ?? 0)" }
  }

  @Test func `a plain script has no findings`() {
    #expect(found("#!/bin/sh\n# slipway-description: nothing\nset -eu\necho hello\n") == [])
  }

  @Test func `what is no script is refused with the reason`() {
    #expect(found("") == ["error empty 0"] && found(" \n\t\n") == ["error empty 0"])
    #expect(found(String(repeating: "#", count: 65_537)) == ["error too_big 0"])
    #expect(!found(String(repeating: "#", count: 65_536)).contains("error too_big 0"))
    #expect(found("#!/bin/sh\nset -e\n\0\n").contains("error nul 3"))
    #expect(found("#!/bin/sh\nset -e\r\ntrue\r\n").contains("error crlf 2"))
    #expect(found("\u{FEFF}#!/bin/sh\nset -e\n").contains("error byte_order_mark 1"))
    #expect(RecipeLint.findings([0x23, 0xFF, 10]).contains { $0.code == "not_utf8" })
  }

  @Test(arguments: [
    ("rm -rf /", "error rm_root 3"), ("sudo rm -r -f /*", "error rm_root 3"),
    ("rm -rf --no-preserve-root /usr/", "error rm_root 3"),
    ("rm -rf \"$DIR/\"", "warning rm_variable 3"), (":(){ :|:& };:", "error fork_bomb 0"),
    ("chmod -R 777 /", "error chmod_root 3"), ("chmod 777 /srv/x", "warning chmod_777 3"),
    ("curl -fsSL https://x.test/i | sudo bash", "warning curl_pipe_shell 3"),
    ("wget -qO- https://x.test | tee log | sh", "warning curl_pipe_shell 3"),
    ("sh -c \"$(curl -fsSL https://x.test)\"", "warning curl_pipe_shell 3"), ("mkfs.ext4 /dev/vdb", "warning mkfs 3"),
    ("dd if=/dev/zero of=/dev/sda bs=1M", "warning dd_device 3"), ("echo x > /dev/sda", "warning dd_device 3"),
    ("ssh -o StrictHostKeyChecking=no h true", "warning host_key_check_off 3"),
    ("curl -k https://x.test", "warning tls_check_off 3"),
    ("apt-get install nginx", "warning apt_asks 3"), ("systemctl stop ssh", "warning stops_ssh 3"),
    ("reboot", "warning reboots 3"),
    ("DB_PASSWORD=hunter22", "warning secret 3"),
  ])
  func `what is dangerous is found at its line`(line: String, expected: String) {
    #expect(found("#!/bin/sh\nset -eu\n\(line)\n") == [expected])
  }

  @Test(arguments: [
    "rm -rf /var/lib/app", "rm -rf \"${DIR:?}/\"", "rm -f /", "echo 'rm -rf /'", "# rm -rf /",
    "curl -o f https://x.test && sh f",
    "cat <<END\nrm -rf /\nEND", "dd if=a of=/dev/null", "echo x >/dev/null 2>&1", "apt-get install -y nginx",
    "PASSWORD=$1",
    "curl -f https://x.test || sh other",
  ])
  func `what only looks dangerous is not`(line: String) {
    #expect(found("#!/bin/sh\nset -eu\n\(line)\n") == [])
  }

  @Test func `a shebang that cannot work is an error`() {
    #expect(found("#!bash\nset -e\n").contains("error shebang 1"))
    #expect(found("#!/usr/bin/env bash -e\nset -e\n").contains("error shebang 1"))
    #expect(found("#!/usr/bin/env -S bash -e\ntrue\n") == [])
    #expect(found("set -e\ntrue\n") == ["warning no_shebang 1"])
    #expect(found("#!/bin/sh\ntrue\n") == ["warning no_errexit 0"])
  }

  @Test func `no bytes at all make the lint fail`() {
    var random = Randomness(seed: 3)
    let pieces = [
      "#!", "/bin/sh\n", "rm ", "-rf ", "/", "$(", "\"", "'", "<<E\n", "E\n", "|", "&", ">", "\\", "\n",
      "# slipway-input: A", ": ", "\0", "=", "choice(",
    ]
    for _ in 0..<2_000 {
      let script = (0..<Int.random(in: 0...30, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
        .joined()
      for finding in RecipeLint.findings(Array(script.utf8)) {
        #expect(!finding.message.isEmpty && !finding.remedy.isEmpty)
      }
    }
  }

  @Test func `the comments at the beginning say what the recipe takes`() {
    let header = RecipeHeader(
      Array(
        """
        #!/bin/bash
        # slipway-description: A database
        # slipway-idempotent: yes
        # slipway-timeout: 20m

        # slipway-input: PORT integer default=5432; where it listens
        # slipway-input: PASSWORD string secret required; of the role
        # slipway-input: MODE choice(a,b) default="a"
        set -e
        # slipway-author: too late
        """.utf8))
    #expect(header.findings == [] && header.author == nil && header.description == "A database")
    #expect(header.idempotent == true && header.timeoutMs == 1_200_000)
    #expect(
      header.inputs == [
        RecipeInput(name: "PORT", kind: .integer, defaultValue: "5432", description: "where it listens"),
        RecipeInput(name: "PASSWORD", required: true, secret: true, description: "of the role"),
        RecipeInput(name: "MODE", kind: .choice, choices: ["a", "b"], defaultValue: "a"),
      ])
  }

  @Test(arguments: [
    "slipway-input: port integer", "slipway-input: A", "slipway-input: A float", "slipway-input: PATH string",
    "slipway-input: A integer default=x", "slipway-input: A string secret default=abcd", "slipway-timeout: 7h",
    "slipway-colour: red",
    "slipway-idempotent: perhaps",
  ])
  func `a comment that says nothing of use is an error`(line: String) {
    #expect(RecipeHeader(Array("#!/bin/sh\n# \(line)\n".utf8)).findings.map(\.code) == ["header"])
  }
}

@Suite struct InputRulesTests {
  private let inputs = [
    RecipeInput(name: "PORT", kind: .integer, defaultValue: "80"), RecipeInput(name: "NAME", required: true),
    RecipeInput(name: "PASSWORD", required: true, secret: true), RecipeInput(name: "TLS", kind: .boolean),
    RecipeInput(name: "MODE", kind: .choice, choices: ["a", "b"]),
  ]

  private func refused(_ given: InputRules.Values, settled: Set<String> = [], isComplete: Bool = true) -> [String] {
    do throws(InputRules.Refusal) {
      _ = try InputRules.values(inputs, given: given, settled: settled, isComplete: isComplete)
      return []
    } catch { return error.violations.map { "\($0.path) \($0.message)" } }
  }

  @Test func `defaults are filled in and secrets kept apart`() throws {
    let values = try InputRules.values(
      inputs, given: .init(plain: ["NAME": "x"], secret: ["PASSWORD": "hunter2", "TLS": "true"]), isComplete: true)
    #expect(values == .init(plain: ["NAME": "x", "PORT": "80", "TLS": "true"], secret: ["PASSWORD": "hunter2"]))
  }

  @Test func `what is wrong is named, and no value is told`() {
    #expect(refused(.init()) == ["inputs.NAME is required", "inputs.PASSWORD is required"])
    #expect(refused(.init(), settled: ["NAME", "PASSWORD"]) == [])
    let all = refused(
      .init(plain: ["PORT": "8o", "TLS": "yes", "MODE": "c", "NAME": "\0", "PASSWORD": "hunter2", "X": "1"]))
    #expect(all.count == 6 && !all.joined().contains("hunter2"))
    #expect(refused(.init(secret: ["PASSWORD": "abc"]), isComplete: false).first?.contains("shorter than 4") == true)
    #expect(
      refused(.init(plain: ["NAME": "x"]), settled: ["NAME"], isComplete: false) == [
        "inputs.NAME is settled by the offering already"
      ])
  }
}
