extension CommandTable {
  /// Sweeps, findings and the ledger's epoch.
  static let reconciliation = [
    CommandSpec(
      name: "sweep", summary: "compare a cloud account with the ledger: what nobody asked for, and what is missing",
      operands: [OperandSpec(name: "ACCOUNT", help: "name of an account", isRequired: false)],
      options: [
        OptionSpec(name: "all", help: "every account"),
        OptionSpec(name: "apply", help: "end what every rule allows; without it nothing is ended"),
      ],
      examples: [
        .init(line: "slipway sweep prod", meaning: "what was found, and what may be ended"),
        .init(line: "slipway sweep --all --apply", meaning: "end what may be ended"),
      ],
      detail: "Exit 0 when nothing is open, 13 when findings are. docs/findings.md explains each kind and every rule."),
    CommandSpec(
      name: "finding list", summary: "list differences between the ledger and the clouds",
      options: [
        OptionSpec(name: "account", value: "NAME", help: "only those of this account"),
        OptionSpec(name: "kind", value: "KIND", help: "orphan, late, lost, duplicate, drifted or foreign"),
        OptionSpec(name: "all", help: "also those that were dismissed or resolved"),
      ],
      examples: [.init(line: "slipway finding list", meaning: "those that are open")]),
    CommandSpec(
      name: "finding show", summary: "show one finding and what to do", operands: [finding],
      examples: [.init(line: "slipway finding show 7Q2M", meaning: "by the end of its id")]),
    CommandSpec(
      name: "finding dismiss", summary: "say that a finding is known; nothing is done about it", operands: [finding],
      examples: [.init(line: "slipway finding dismiss 7Q2M", meaning: "it is told again if it becomes something else")]),
    CommandSpec(
      name: "adopt", summary: "make an orphan a resource, or attach it to the attempt that waits for it",
      operands: [
        OperandSpec(name: "ID", help: "id of the finding, a part of it, or the cloud's id of the object")
      ],
      options: [OptionSpec(name: "tenant", value: "NAME", help: "whom it is for")],
      examples: [.init(line: "slipway adopt 7Q2M --tenant alice", meaning: "from now on it is a resource")],
      detail: "To end an orphan, adopt it and terminate the resource."),
    CommandSpec(
      name: "release", summary: "give a machine out of our hands; it goes on running and costing",
      operands: [resource],
      examples: [.init(line: "slipway release 7Q2M", meaning: "it is not looked at or ended any more")]),
    CommandSpec(
      name: "epoch show", summary: "say whether this ledger counts as the newest one",
      examples: [.init(line: "slipway epoch show", meaning: "exit 0 when it does, 13 when nobody has confirmed it")]),
    CommandSpec(
      name: "epoch confirm", summary: "say that this ledger is the newest one, after it came to another machine",
      examples: [.init(line: "slipway epoch confirm", meaning: "from now on sweeps may end what the rules allow")]),
  ]

  /// Copies of the ledger.
  static let copies = [
    CommandSpec(
      name: "backup", summary: "write a consistent copy of the ledger to a new file, while the daemon runs",
      operands: [OperandSpec(name: "FILE", help: "a file that does not exist yet, on the daemon's machine")],
      examples: [
        .init(line: "slipway backup /var/backups/slipway.db", meaning: "mode 0600; secrets in it stay sealed")
      ],
      detail: "The key that seals the secrets (`seal_key`) is not in it: keep a copy of that somewhere else."),
    CommandSpec(
      name: "restore", summary: "put a copy in the place of the ledger, while no daemon runs",
      operands: [OperandSpec(name: "FILE", help: "a file that `slipway backup` wrote")],
      options: [OptionSpec(name: "state", value: "DIR", help: "directory of everything that the daemon keeps")],
      examples: [.init(line: "slipway restore /var/backups/slipway.db", meaning: "the ledger before it is kept aside")],
      detail:
        "The daemon then looks and reports, but makes, ends and changes nothing until `slipway epoch confirm`.",
      isClient: false),
  ]

  private static let finding = OperandSpec(
    name: "FINDING", help: "id of a finding, or enough of its beginning or end to be the only one")
}
