/// The files from which a VM configures itself at its first boot.
package struct Seed: Sendable {
  /// Content by name; all of them are secret.
  package let files: [String: [UInt8]]

  /// Prepares the first boot of a VM whose sshd listens on a port.
  package init(_ spec: VMSpec, port: UInt16) {
    let config = CloudConfig(userData: spec.userData)
    var files: [String: [UInt8]] = [:]
    files["user-data.txt"] = Array(spec.userData.utf8)
    files["hostname"] = Array((config.hostname ?? spec.name).utf8)
    files["sshd_config"] = Array(Seed.sshd(address: spec.address, port: port).utf8)

    var script = ["set -u"]
    script += config.problems.map { "echo cloud-init: warning: \(CloudConfig.quoted($0)) >&2" }
    let all = config.hostKeys + config.files
    for (at, file) in all.enumerated() {
      files["file-\(at)"] = file.content
      script.append(Seed.install("/var/lib/cloud/seed/file-\(at)", file))
    }
    if config.hostKeys.isEmpty { script.append("ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key") }
    let rootKeys = spec.authorizedKeys + config.authorizedKeys
    files["keys-root"] = Seed.lines(rootKeys.map { config.disablesRoot ? Seed.refusal + $0 : $0 })
    script.append(Seed.authorize("root", "/root", "keys-root"))
    for (at, user) in config.users.enumerated() where user.name != "root" {
      files["keys-\(at)"] = Seed.lines(user.authorizedKeys)
      let (name, shell) = (CloudConfig.quoted(user.name), CloudConfig.quoted(user.shell))
      script.append("id -u \(name) >/dev/null 2>&1 || useradd --create-home --shell \(shell) -p '*' \(name)")
      script.append(Seed.authorize(user.name, "/home/\(user.name)", "keys-\(at)"))
    }
    for (at, user) in config.users.enumerated() where user.name == "root" {
      files["keys-\(at)"] = Seed.lines(user.authorizedKeys)
      script.append("cat /var/lib/cloud/seed/keys-\(at) >>/root/.ssh/authorized_keys")
    }
    files["first-boot.sh"] = Seed.lines(script)
    files["final.sh"] = Seed.lines(Seed.final(config.commands, &files))
    self.files = files
  }

  /// What cloud-init puts before root's keys where root may not log in.
  private static let refusal =
    #"no-port-forwarding,no-agent-forwarding,no-X11-forwarding,"#
    + #"command="echo 'Please login as the user \"NONE\" rather than the user \"root\".';echo;sleep 10;exit 142" "#

  private static func lines(_ lines: [String]) -> [UInt8] {
    Array(lines.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined().utf8)
  }

  private static func install(_ source: String, _ file: CloudConfig.File) -> String {
    let path = CloudConfig.quoted(file.path)
    return """
      mkdir -p "$(dirname \(path))" && cat \(source) \(file.append ? ">>" : ">")\(path)
      chmod \(file.permissions) \(path); chown \(CloudConfig.quoted(file.owner)) \(path)
      """
  }

  private static func authorize(_ user: String, _ home: String, _ file: String) -> String {
    let (user, ssh) = (CloudConfig.quoted(user), CloudConfig.quoted(home + "/.ssh"))
    return """
      install -d -m 0700 -o \(user) \(ssh)
      install -m 0600 -o \(user) /var/lib/cloud/seed/\(file) \(ssh)/authorized_keys
      """
  }

  /// The commands run after SSH is up, as cloud-init's final stage does; the seed is gone before.
  private static func final(_ commands: [String], _ files: inout [String: [UInt8]]) -> [String] {
    for (at, command) in commands.enumerated() {
      files["run-\(at)"] = Array((command.hasPrefix("#!") ? command : "#!/bin/sh\n" + command + "\n").utf8)
    }
    var script = ["status=done", "mkdir -p /var/lib/cloud/instance/scripts"]
    for at in commands.indices {
      script.append("install -m 0700 /var/lib/cloud/seed/run-\(at) /var/lib/cloud/instance/scripts/run-\(at)")
    }
    script.append("rm -rf /var/lib/cloud/seed")
    for at in commands.indices { script.append("/var/lib/cloud/instance/scripts/run-\(at) || status=error") }
    script.append("echo \"$status\" >/run/cloud-init.status")
    script.append("touch /var/lib/cloud/instance/boot-finished")
    return script
  }

  private static func sshd(address: String, port: UInt16) -> String {
    """
    Port \(port)
    ListenAddress \(address.isEmpty ? "127.0.0.1" : address)
    AddressFamily inet
    HostKey /etc/ssh/ssh_host_ed25519_key
    PidFile /run/sshd.pid
    PermitRootLogin prohibit-password
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    UsePAM no
    UseDNS no
    PrintMotd no
    LogLevel VERBOSE
    Subsystem sftp internal-sftp

    """
  }
}
