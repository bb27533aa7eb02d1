package import Control

/// Plugins for people; pure.
package enum PluginText {
  /// One line each.
  package static func list(_ plugins: [PluginView], colours: Bool) -> String {
    guard !plugins.isEmpty else { return "no plugins; put one into a plugin folder, then `slipway plugin list`\n" }
    var table = Table(["ID", "VERSION", "STATE", "GENERATION", "PID", "RESTARTS", "FILE"])
    for plugin in plugins {
      table.add([
        Cell(plugin.id, .strong), Cell(plugin.version), .state(plugin.state), Cell("\(plugin.generation)"),
        Cell(plugin.pid.map { "\($0)" } ?? "-"), Cell("\(plugin.restarts)"),
        Cell(plugin.filePresent ? plugin.file : "\(plugin.file) (gone)"),
      ])
    }
    let problems = plugins.compactMap { plugin in
      plugin.problem.map { "\n\(Plain.text(plugin.id)): \(FailureText.lines($0))" }
    }
    return table.text(colours: colours) + problems.joined()
  }

  /// Where each plugin stands, in one line.
  package static func standing(_ plugins: [PluginView], colours: Bool) -> [(id: String, text: String)] {
    plugins.map { plugin in
      var text = "\(Plain.text(plugin.id)) \(Style.state(plugin.state).applied(to: plugin.state, colours: colours))"
      if plugin.generation > 0 { text += " generation \(plugin.generation)" }
      if !plugin.version.isEmpty { text += " version \(Plain.text(plugin.version))" }
      if !plugin.filePresent { text += ", its file is gone" }
      if let problem = plugin.problem { text += ": \(Plain.text(problem.message))" }
      return (plugin.id, text)
    }
  }

  /// Everything of one.
  package static func show(_ plugin: PluginView, colours: Bool) -> String {
    var table = Table()
    table.add("id", plugin.id, .strong)
    table.add("name", plugin.name)
    table.add("version", plugin.version)
    table.add("state", plugin.state, .state(plugin.state))
    table.add("file", plugin.filePresent ? plugin.file : "\(plugin.file) (gone; nothing new is made)")
    table.add("sha256", plugin.sha256)
    table.add("generation", "\(plugin.generation)")
    table.add("worker", plugin.pid.map { "process \($0), \(plugin.restarts) restarts" })
    table.add("abi", plugin.abi)
    table.add("network", plugin.network)
    table.add("abilities", plugin.capabilities.joined(separator: ", "))
    for part in plugin.sandbox ?? [] { table.add("sandbox", line(part), part.state == "enforced" ? .plain : .bad) }
    if let end = plugin.lastEnd {
      table.add("last end", "\(end.at): \(end.reason)")
      table.add("under way then", end.calls.joined(separator: ", "))
    }
    for endpoint in plugin.endpoints { table.add("endpoint \(endpoint.name)", AccountText.origin(endpoint)) }
    table.add("previous image", plugin.previous)
    table.add("calls waiting", plugin.waiting == 0 ? nil : "\(plugin.waiting)")
    for generation in plugin.generations { table.add("generation \(generation.generation)", line(generation)) }
    if let billed = plugin.billed, !billed.isEmpty { table.add("still billed", billed.joined(separator: ", "), .bad) }
    var text = table.text(colours: colours) + metrics(plugin, colours: colours)
    if let problem = plugin.problem { text += "\n" + FailureText.lines(problem) }
    text += asks(of: plugin)
    for parked in plugin.parked { text += "\nparked: \(Plain.text(parked.reason))\n" }
    for entry in plugin.quarantine { text += quarantine(entry) }
    return text
  }

  /// What the image that waits for approval asks for; empty where none does.
  package static func asks(of plugin: PluginView) -> String {
    guard let held = plugin.held, !held.asks.isEmpty else { return "" }
    let lines = held.asks.map { "  \(Plain.text($0))\n" }.joined()
    let version = held.version.map { " version \(Plain.text($0))" } ?? ""
    return
      "\n\(Plain.text(plugin.id))\(version), image \(held.sha256?.prefix(12) ?? "?"), asks for more than was approved:\n"
      + lines
  }

  private static func line(_ generation: GenerationView) -> String {
    var words = ["\(generation.state) \(generation.version)", "image \(generation.sha256.prefix(12))"]
    if !generation.pids.isEmpty {
      words.append("processes \(generation.pids.map { "\($0)" }.joined(separator: " "))")
    }
    words.append("\(generation.inFlight) calls")
    if generation.restarts > 0 { words.append("\(generation.restarts) restarts") }
    if let memory = generation.memoryBytes { words.append("\(memory >> 10) KiB") }
    return words.joined(separator: ", ")
  }

  private static func metrics(_ plugin: PluginView, colours: Bool) -> String {
    guard let verbs = plugin.generations.first?.verbs, !verbs.isEmpty else { return "" }
    var table = Table(["VERB", "CALLS", "FAILED", "OVERDUE", "CRASHED", "P50", "P99"])
    for verb in verbs {
      table.add([
        Cell(verb.verb), Cell("\(verb.calls)"), Cell("\(verb.failures)"), Cell("\(verb.timeouts)"),
        Cell("\(verb.crashed)"), Cell(span(verb.p50Us)), Cell(span(verb.p99Us)),
      ])
    }
    return "\n" + table.text(colours: colours)
  }

  private static func span(_ microseconds: UInt64?) -> String {
    guard let microseconds else { return "-" }
    return microseconds < 1000 ? "\(microseconds) µs" : "\(microseconds / 1000) ms"
  }

  private static func quarantine(_ entry: QuarantineView) -> String {
    var text = "\nquarantined: \(Plain.text(entry.reason))\n  since \(entry.at)\n  last end: \(Plain.text(entry.end))\n"
    if !entry.calls.isEmpty { text += "  during: \(entry.calls.map { Plain.text($0) }.joined(separator: ", "))\n" }
    for line in entry.lines.suffix(20) { text += "  | \(Plain.text(line))\n" }
    if entry.lines.count > 20 { text += "  (\(entry.lines.count) lines with --json)\n" }
    return text
  }

  private static func line(_ part: SandboxPartView) -> String {
    let word =
      part.state == "enforced"
      ? "enforced" + (part.source == "kernel" ? ", the kernel agrees" : "")
      : "not available: \(part.reason ?? "unknown")" + (part.essential ? "" : " (a second wall)")
    return "\(part.name): \(word)" + (part.note.map { "; \($0)" } ?? "")
  }

  /// How the daemon is.
  package static func health(_ health: HealthView, now: Timestamp, colours: Bool) -> String {
    var table = Table()
    table.add("status", health.status, .state(health.status))
    table.add("version", health.version)
    table.add("installation", health.installationId)
    table.add("running for", TimeSpan.text(ms: now.ms - health.startedAt.ms))
    table.add("plugins", "\(health.plugins) serving")
    table.add("accounts", "\(health.accounts)")
    table.add("resources", "\(health.resources) not ended")
    for warning in health.warnings { table.add("warning", warning, .busy) }
    for problem in health.problems { table.add("problem", problem, .bad) }
    return table.text(colours: colours)
  }
}
