/// Commands that destroy a machine, or trust what nobody checked; pure.
enum DangerRules {
  private static let shells = ["sh", "bash", "dash", "zsh", "ksh", "python", "python3", "perl", "ruby", "node"]
  private static let system = [
    "", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/proc", "/root", "/sbin", "/sys", "/usr", "/var",
  ]

  /// What is dangerous in the commands of a shell script.
  static func findings(_ commands: [ShellCommand], _ text: String) -> [LintFinding] {
    var found: [LintFinding] = []
    for (index, command) in commands.enumerated() {
      found += removal(command)
      found += disks(command)
      found += permissions(command)
      found += trust(command)
      found += flow(command)
      if command.isPiped, fetches(command) {
        var next = index
        while next < commands.count, commands[next].isPiped { next += 1 }
        if next < commands.count, commands[(index + 1)...next].contains(where: { shells.contains($0.program) }) {
          found.append(fetched(command.line))
        }
      }
    }
    let bare = text.filter { !$0.isWhitespace }
    if bare.contains(":(){:|:&};:") {
      found.append(
        LintFinding(
          .error, "fork_bomb", "the script starts processes without end", remedy: "remove it"))
    }
    let hasErrexit = commands.contains { command in
      command.program == "set"
        && (command.has("e", "-e") || command.arguments.contains("errexit"))
    }
    let argument = Shebang(text.utf8.prefix(4_096))?.argument ?? ""
    if !commands.isEmpty, !hasErrexit,
      !argument.split(separator: " ").contains(where: { $0.hasPrefix("-") && $0.contains("e") })
    {
      found.append(
        LintFinding(
          .warning, "no_errexit", "a command that fails does not end the script, and its run counts as good",
          remedy: "put `set -eu` below the first line"))
    }
    return found
  }

  private static func fetches(_ command: ShellCommand) -> Bool { ["curl", "wget"].contains(command.program) }

  private static func fetched(_ line: Int) -> LintFinding {
    LintFinding(
      .warning, "curl_pipe_shell", line: line, "what is fetched is run unseen, and may be cut off in the middle",
      remedy: "install a package, or fetch to a file, check its digest, then run it")
  }

  private static func removal(_ command: ShellCommand) -> [LintFinding] {
    guard command.program == "rm", command.has("r", "--recursive") || command.has("R", "--recursive") else { return [] }
    var found: [LintFinding] = []
    for operand in command.operands {
      if isSystem(operand[...]) {
        found.append(
          LintFinding(
            .error, "rm_root", line: command.line, "rm removes \(operand), and the machine with it",
            remedy: "name exactly what is to go"))
      } else if let end = variableEnd(operand), isSystem(operand[end...]) {
        found.append(
          LintFinding(
            .warning, "rm_variable", line: command.line, "where the variable is empty, rm removes \(operand[end...])",
            remedy: "write ${NAME:?}, which ends the script where it is empty"))
      }
    }
    return found
  }

  /// Whether it is the root, or a folder without which nothing runs.
  private static func isSystem(_ path: Substring) -> Bool {
    guard path.hasPrefix("/") else { return false }
    var place = path
    for end in ["/*", "/.", "/"] where place.hasSuffix(end) { place = place.dropLast(end.utf8.count) }
    return system.contains(String(place))
  }

  /// Where a `$NAME` or `${NAME}` at the beginning ends; nil where there is none, or one that guards itself.
  private static func variableEnd(_ word: String) -> String.Index? {
    guard word.hasPrefix("$") else { return nil }
    let name = word.dropFirst()
    if name.hasPrefix("{") {
      guard let close = name.firstIndex(of: "}"), !name[..<close].contains(":"), !name[..<close].contains("?") else {
        return nil
      }
      return word.index(after: close)
    }
    let end = name.firstIndex { !($0.isLetter || $0.isNumber || $0 == "_") } ?? word.endIndex
    return end == name.startIndex ? nil : end
  }

  private static func disks(_ command: ShellCommand) -> [LintFinding] {
    let isDisk: (Substring) -> Bool = { place in
      ["/dev/sd", "/dev/vd", "/dev/nvme", "/dev/xvd", "/dev/hd", "/dev/mmcblk", "/dev/disk", "/dev/mapper"].contains {
        place.hasPrefix($0)
      }
    }
    var found: [LintFinding] = []
    if command.program == "dd", let target = command.arguments.first(where: { $0.hasPrefix("of=/dev/") }),
      !["of=/dev/null", "of=/dev/stdout", "of=/dev/stderr"].contains(target)
    {
      found.append(
        LintFinding(
          .warning, "dd_device", line: command.line, "dd overwrites a device",
          remedy: "make sure that it cannot be the disk in use"))
    }
    if command.program.hasPrefix("mkfs") || command.program == "wipefs" || command.program == "mkswap",
      command.operands.contains(where: { $0.hasPrefix("/dev/") || $0.hasPrefix("$") })
    {
      found.append(
        LintFinding(
          .warning, "mkfs", line: command.line, "\(command.program) destroys what is on a disk",
          remedy: "look first whether it holds something, as `blkid` tells"))
    }
    for (word, target) in zip(command.words, command.words.dropFirst()) where word == ">" && isDisk(target[...]) {
      found.append(
        LintFinding(
          .warning, "dd_device", line: command.line, "the output overwrites a device", remedy: "write to a file"))
    }
    return found
  }

  private static func permissions(_ command: ShellCommand) -> [LintFinding] {
    guard command.program == "chmod", let mode = command.operands.first,
      ["777", "0777", "a+rwx", "ugo+rwx", "a=rwx"].contains(mode)
    else { return [] }
    if command.has("R", "--recursive"),
      command.operands.dropFirst().contains(where: { ["/", "/*", "/etc", "/usr", "/var", "/root"].contains($0) })
    {
      return [
        LintFinding(
          .error, "chmod_root", line: command.line,
          "everyone may then write everything, and sshd and sudo refuse to work",
          remedy: "give exactly the right that is needed, where it is needed")
      ]
    }
    return [
      LintFinding(
        .warning, "chmod_777", line: command.line, "everyone on the machine may then write there",
        remedy: "give the file to the user that needs it, with chown")
    ]
  }

  private static func trust(_ command: ShellCommand) -> [LintFinding] {
    var found: [LintFinding] = []
    let words = command.words.map { $0.lowercased() }
    if words.contains(where: {
      $0.contains("stricthostkeychecking=no") || $0.contains("userknownhostsfile=/dev/null")
        || $0.contains("stricthostkeychecking no")
    }) {
      found.append(
        LintFinding(
          .warning, "host_key_check_off", line: command.line, "any machine in between can then pose as the other one",
          remedy: "put the other machine's key into known_hosts"))
    }
    let program = command.program
    let isOff =
      (program == "curl" && command.has("k", "--insecure"))
      || (program == "wget" && command.arguments.contains("--no-check-certificate"))
      || words.contains {
        $0.contains("sslverify=false") || $0.hasPrefix("git_ssl_no_verify=") || $0 == "--allow-unauthenticated"
          || $0.contains("[trusted=yes]")
      }
    if isOff {
      found.append(
        LintFinding(
          .warning, "tls_check_off", line: command.line, "what is fetched may come from anyone",
          remedy: "leave the check on, and install the certificate or key that it misses"))
    }
    if shells.contains(program) || program == "eval",
      let text = command.arguments.first(where: { $0.contains("$(") || $0.contains("`") }),
      text.contains("curl ") || text.contains("wget ")
    {
      found.append(fetched(command.line))
    }
    return found
  }

  private static func flow(_ command: ShellCommand) -> [LintFinding] {
    let operands = command.operands
    switch command.program {
    case "apt", "apt-get":
      let asks = ["install", "upgrade", "dist-upgrade", "full-upgrade", "remove", "purge", "autoremove"]
      guard let verb = operands.first(where: asks.contains), !command.has("y", "--yes"),
        !command.arguments.contains("--assume-yes"), !command.arguments.contains("-qq")
      else { return [] }
      return [
        LintFinding(
          .warning, "apt_asks", line: command.line, "\(command.program) \(verb) asks, and nobody answers",
          remedy: "add -y")
      ]
    case "reboot", "poweroff", "halt", "shutdown":
      return [reboots(command.line)]
    case "systemctl":
      if let verb = operands.first, ["reboot", "poweroff", "halt"].contains(verb) { return [reboots(command.line)] }
      guard let verb = operands.first, ["stop", "disable", "mask"].contains(verb),
        operands.dropFirst().contains(where: {
          ["ssh", "sshd", "ssh.service", "sshd.service", "ssh.socket"].contains($0)
        })
      else { return [] }
      return [
        LintFinding(
          .warning, "stops_ssh", line: command.line, "nobody can log in then, and the run cannot be followed",
          remedy: "leave the SSH server running")
      ]
    default: return []
    }
  }

  private static func reboots(_ line: Int) -> LintFinding {
    LintFinding(
      .warning, "reboots", line: line, "a machine that restarts interrupts the run, whatever came of it",
      remedy: "leave it to the tenant, or restart only the services that need it")
  }
}
