/// One key of the configuration file; the table of them is all that the reader knows.
package struct ConfigurationKey: Sendable {
  /// Path with dots, such as `deadlines.calls.poll_s`.
  package var path: String
  /// Meaning, one sentence.
  package var meaning: String
  /// What it takes and where it goes.
  package var slot: Slot

  /// A field of the configuration.
  package typealias Field<Value> = any WritableKeyPath<Configuration, Value> & Sendable

  /// What a key takes, and the field that it sets.
  package enum Slot: Sendable {
    /// An absolute path.
    case path(Field<String>)
    /// A list of absolute paths, at most 64.
    case paths(Field<[String]>)
    /// A list of plugin ids, at most 64.
    case names(Field<[String]>)
    /// One of some words.
    case choice([String], Field<String>)
    /// Any text of one line, at most 1024 bytes.
    case text(Field<String>)
    /// True or false.
    case flag(Field<Bool>)
    /// A whole number within bounds.
    case number(ClosedRange<Int>, Field<Int>)
    /// An amount of money as text.
    case amount(Field<String>)
  }

  /// All keys, in the order of the documentation.
  package static let all: [ConfigurationKey] =
    places + trust + logging + deadlines + polling + reload + workers + archive + limits + notify

  /// What the key takes, for messages and the documentation.
  package var takes: String {
    switch slot {
    case .path: "an absolute path"
    case .paths: "a list of absolute paths"
    case .names: "a list of plugin ids"
    case .choice(let words, _): words.map { "\"\($0)\"" }.joined(separator: ", ")
    case .amount: "an amount as text, such as \"2.50\""
    case .text: "a text"
    case .flag: "true or false"
    case .number(let range, _): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }
  }

  /// Its value in a configuration, as JSON.
  package func value(in configuration: Configuration) -> String {
    switch slot {
    case .path(let field), .choice(_, let field), .amount(let field), .text(let field):
      "\"\(configuration[keyPath: field])\""
    case .paths(let field), .names(let field):
      "[" + configuration[keyPath: field].map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    case .flag(let field): "\(configuration[keyPath: field])"
    case .number(_, let field): "\(configuration[keyPath: field])"
    }
  }

  private init(_ path: String, _ meaning: String, _ slot: Slot) {
    self.path = path
    self.meaning = meaning
    self.slot = slot
  }

  private static let places = [
    ConfigurationKey("state", "Directory of everything that the daemon keeps.", .path(\.state)),
    ConfigurationKey("socket", "Unix socket of the control API.", .path(\.socket)),
    ConfigurationKey("plugins", "Folders in which plugins are found, in order of precedence.", .paths(\.plugins)),
    ConfigurationKey("worker", "The program that runs a plugin.", .path(\.worker)),
    ConfigurationKey("ssh", "The program that speaks SSH to machines.", .path(\.ssh)),
    ConfigurationKey("libraries", "Folders in which workers look for libraries of plugins.", .paths(\.libraries)),
    ConfigurationKey(
      "sandbox", "Whether a plugin runs where an essential part of the workers' sandbox is missing.",
      .choice(["required", "available"], \.sandbox)),
    ConfigurationKey(
      "direct_plugins", "Plugins that may do their own networking, past the host.", .names(\.directPlugins)),
    ConfigurationKey("seal_key", "File with the key that seals credentials; made when missing.", .path(\.sealKey)),
  ]

  private static let trust = [
    ConfigurationKey(
      "trust.pins", "File of lines `ID SHA256`: only these images are let in; none: any.", .path(\.trust.pins)),
    ConfigurationKey(
      "trust.keys", "File of public keys: only images that one of them signed are let in; none: any.",
      .path(\.trust.keys)),
  ]

  private static let reload = [
    ConfigurationKey(
      "reload.quiet_ms", "Milliseconds without a write after which a plugin file counts as whole.",
      .number(10...60_000, \.reload.quietMs)),
    ConfigurationKey(
      "reload.probation_s", "Seconds after a switch in which a crash brings the previous image back.",
      .number(0...3600, \.reload.probation)),
    ConfigurationKey(
      "reload.draining_most", "Generations at most that finish what they have; further reloads wait.",
      .number(1...16, \.reload.mostDraining)),
    ConfigurationKey(
      "reload.quarantine_loads", "Starts in vain in a row until an image is quarantined.",
      .number(1...100, \.reload.quarantineLoads)),
    ConfigurationKey(
      "reload.quarantine_subjects",
      "Different operations or resources that an image crashes on within ten minutes until it is quarantined.",
      .number(1...100, \.reload.quarantineSubjects)),
  ]

  private static let logging = [
    ConfigurationKey(
      "log.level", "The least that is logged.", .choice(["debug", "info", "warning", "error"], \.log.level)),
    ConfigurationKey("log.format", "Lines for people or for programs.", .choice(["text", "json"], \.log.format)),
    ConfigurationKey(
      "log.plugin_lines_per_s", "Lines a second that a plugin may write; twice as many at once.",
      .number(1...10_000, \.log.pluginLines)),
  ]

  private static let deadlines = [
    ConfigurationKey(
      "deadlines.provision_s", "Seconds from accept to `active`, where the offering does not say.",
      .number(30...86_400, \.deadlines.provision)),
    ConfigurationKey(
      "deadlines.terminate_s", "Seconds until a terminate's outcome is decided; cleaning up goes on after it.",
      .number(30...86_400, \.deadlines.terminate)),
    ConfigurationKey(
      "deadlines.power_s", "Seconds until a power operation's outcome is decided.",
      .number(10...86_400, \.deadlines.power)),
    ConfigurationKey(
      "deadlines.stop_s", "Seconds that the daemon, told to stop, waits for creates and power operations under way.",
      .number(0...3600, \.deadlines.stop)),
    call("validate", \.deadlines.calls.validate), call("prepare", \.deadlines.calls.prepare),
    call("provision", \.deadlines.calls.provision), call("poll", \.deadlines.calls.poll),
    call("terminate", \.deadlines.calls.terminate), call("list", \.deadlines.calls.list),
    call("catalog", \.deadlines.calls.catalog), call("self_test", \.deadlines.calls.selfTest),
    call("power", \.deadlines.calls.power),
  ]

  private static func call(_ verb: String, _ field: Field<Int>)
    -> ConfigurationKey
  {
    ConfigurationKey(
      "deadlines.calls.\(verb)_s", "Seconds that one `\(verb)` call of a plugin may take.", .number(1...3600, field))
  }

  private static let archive = [
    ConfigurationKey(
      "archive.keep_days", "Days for which the timeline of a resource that has ended is kept.",
      .number(1...36_500, \.archive.keepDays)),
    ConfigurationKey(
      "archive.output_kb", "KiB of what a recipe's run writes to each stream that are kept: the head and the tail.",
      .number(64...1_048_576, \.archive.outputKilobytes)),
  ]

  private static let limits = [
    ConfigurationKey(
      "limits.tenant.max_resources", "Resources that one tenant may have alive; 0: any number.",
      .number(0...10_000_000, \.limits.maxResources)),
    ConfigurationKey(
      "limits.tenant.max_free", "Of those, the ones that the cloud gives for nothing; 0: any number.",
      .number(0...10_000_000, \.limits.maxFree)),
    ConfigurationKey(
      "limits.tenant.max_paid", "Of those, the ones that cost something; 0: any number.",
      .number(0...10_000_000, \.limits.maxPaid)),
    ConfigurationKey(
      "limits.tenant.max_hourly",
      "What the resources of one tenant may cost in an hour, in each currency on its own; 0: anything.",
      .amount(\.limits.maxHourly)),
    ConfigurationKey(
      "limits.tenant.max_creates_per_hour", "Resources that one tenant may order within any hour; 0: any number.",
      .number(0...10_000_000, \.limits.maxCreatesPerHour)),
  ]

  private static let notify = [
    ConfigurationKey(
      "notify.smtp_url",
      "Mail server for notices to owners: `smtp://HOST[:587]` (STARTTLS) or `smtps://HOST[:465]`; none: no mail.",
      .text(\.notify.smtpURL)),
    ConfigurationKey(
      "notify.smtp_user", "Name for the mail server's login; none: no login.", .text(\.notify.smtpUser)),
    ConfigurationKey(
      "notify.smtp_password_file", "File whose first line is the password for that login.",
      .path(\.notify.smtpPasswordFile)),
    ConfigurationKey(
      "notify.mail_from", "Sender's address of those mails; required with `notify.smtp_url`.", .text(\.notify.mailFrom)),
    ConfigurationKey(
      "notify.ca_file",
      "PEM file with the certificate authorities that webhooks and mail server are checked against, in place of the "
        + "system's; none: those.", .path(\.notify.caFile)),
    ConfigurationKey(
      "notify.allow_private", "Whether webhooks may be on private networks or on this machine.",
      .flag(\.notify.allowPrivate)),
  ]

  private static let polling = [
    ConfigurationKey(
      "polling.young_s", "Seconds between two looks at something that changes.", .number(1...3600, \.polling.young)),
    ConfigurationKey(
      "polling.old_s", "Seconds between two looks at something that rests.", .number(5...86_400, \.polling.old)),
    ConfigurationKey(
      "polling.late_s", "Seconds between two looks for a machine that a cloud may have made late.",
      .number(5...86_400, \.polling.late)),
  ]

  private static let workers = [
    ConfigurationKey(
      "workers.handshake_s", "Seconds from a worker's start until it must be ready.",
      .number(1...300, \.workers.handshake)),
    ConfigurationKey(
      "workers.memory_mib", "MiB of memory that a worker may write to.", .number(32...65_536, \.workers.memoryMiB)),
    ConfigurationKey(
      "workers.late_grace_s", "Seconds in which a condemned worker may still bring a late reply.",
      .number(0...300, \.workers.lateGrace)),
    ConfigurationKey(
      "workers.kill_grace_s", "Seconds from asking a worker to end until it is killed.",
      .number(0...300, \.workers.killGrace)),
    ConfigurationKey(
      "workers.ping_after_ms", "Milliseconds after which a call is reason to ask its worker for a sign of life.",
      .number(10...60_000, \.workers.pingAfterMs)),
    ConfigurationKey(
      "workers.ping_grace_s", "Seconds without a sign of life until a worker is ended.",
      .number(1...3600, \.workers.pingGrace)),
    ConfigurationKey(
      "workers.most", "Workers at most of a plugin that takes one call at a time: one for each busy account.",
      .number(1...4, \.workers.most)),
    ConfigurationKey(
      "workers.idle_s", "Seconds that a worker which was added for a busy time stays without a call.",
      .number(1...86_400, \.workers.idle)),
    ConfigurationKey(
      "workers.restart_first_ms", "Milliseconds before a worker that died is started again the first time.",
      .number(1...60_000, \.workers.restartFirstMs)),
    ConfigurationKey(
      "workers.restart_most_s", "Seconds between two restarts at most.", .number(1...3600, \.workers.restartMost)),
    ConfigurationKey(
      "workers.restart_stable_s", "Seconds of service after which a death counts as the first again.",
      .number(1...86_400, \.workers.restartStable)),
    ConfigurationKey(
      "workers.restart_intensity", "Deaths within the period before restarts wait as long as they may.",
      .number(1...1000, \.workers.restartIntensity)),
    ConfigurationKey(
      "workers.restart_period_s", "Seconds over which deaths are counted.",
      .number(1...86_400, \.workers.restartPeriod)),
  ]
}
