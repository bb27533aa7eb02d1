/// The scripts of one job, as text for `sh -s`.
///
/// Each is one function that is called in its last line: a script that a cut connection shortened does nothing at all.
/// Data comes as quoted words and as arguments of printf, never as a here-document.
enum RecipeScript {
  /// The first line that each prints; what comes before it is the login shell's.
  static func greeting(_ job: RecipeJob) -> String { "slipway run \(job.run)" }

  /// The command that reads the scripts; with the run's name, so that `remove` finds those who may begin it.
  static func command(mayBegin job: RecipeJob?) -> String { job.map { "sh -s \($0.run)" } ?? "sh -s" }

  /// What a script that printed `ready` reads before it begins the run.
  static func permission(_ job: RecipeJob) -> [UInt8] { Array("begin \(job.run)\n".utf8) }

  /// Begins the run unless it is there, and follows it; or only follows it.
  static func follow(_ job: RecipeJob, mayBegin: Bool, offsets: OutputOffsets) -> [UInt8] {
    let begin = mayBegin ? FollowScript.begin + files(job) : ""
    let variables =
      preamble(job)
      + "output_at=\(min(offsets.output, maximum)) error_at=\(min(offsets.error, maximum)) tail=\(job.limits.tail)\n"
      + "start_ms=\(milliseconds(job.place.startLimit))\n"
    return whole(
      job, variables + SupervisorScript.common + begin + FollowScript.follow, mayBegin ? "begin\nfollow" : "follow")
  }

  /// Ends the run; exit code 0 where it will end.
  static func cancel(_ job: RecipeJob) -> [UInt8] {
    whole(job, preamble(job) + SupervisorScript.common + FollowScript.cancel, "cancel")
  }

  /// Removes the run; exit code 0 where nothing is left, `FollowScript.isRunning` where it goes on.
  static func remove(_ job: RecipeJob) -> [UInt8] {
    whole(job, preamble(job) + SupervisorScript.common + FollowScript.remove, "remove")
  }

  private static let maximum = 1 << 50

  private static func whole(_ job: RecipeJob, _ functions: String, _ calls: String) -> [UInt8] {
    let text =
      "main() {\necho \(ShellText.quoted(greeting(job)))\n\(functions)\(calls)\n}\nmain 6<&0 </dev/null; exit\n"
    return Array(text.utf8)
  }

  private static func preamble(_ job: RecipeJob) -> String {
    """
    home=\(ShellText.quoted(job.place.folder))
    run=\(job.run)
    boot_id=\(ShellText.quoted(job.place.bootID))

    """
  }

  /// The function that writes the run's files; it fails on a full disk.
  private static func files(_ job: RecipeJob) -> String {
    let supervisor =
      preamble(job) + """
        memory_counters=\(ShellText.quoted(job.place.memoryCounters))
        timeout_ms=\(milliseconds(job.timeout)) grace_ms=\(milliseconds(job.grace))
        cloud_init_ms=\(milliseconds(job.cloudInitLimit))
        head=\(job.limits.head) piece=\(job.limits.piece)
        needed=\(ShellText.quoted(job.body.needed))

        """ + SupervisorScript.common + SupervisorScript.supervisor
    let words = job.body.interpreter + ["\(job.place.folder)/runs/\(job.run)/body"]
    let begin = "set -- \(words.map(ShellText.quoted).joined(separator: " "))\n" + SupervisorScript.begin
    let environment = job.environment.sorted { $0.key < $1.key }
      .map { "export \($0.key)=\(ShellText.quoted($0.value))\n" }.joined()
    let contents: [(name: String, bytes: [UInt8])] = [
      ("body", job.body.bytes), ("env", Array(environment.utf8)), ("supervisor", Array(supervisor.utf8)),
      ("begin", Array(begin.utf8)),
    ]
    return "write() {\n: >stdout || return 1\n: >stderr || return 1\n"
      + contents.map { "{\n\(ShellText.printing($0.bytes, otherwise: " || return 1"))} >\($0.name) || return 1\n" }
      .joined() + "}\n"
  }

  private static func milliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return max(0, min(seconds, 1 << 40)) * 1_000 + attoseconds / 1_000_000_000_000_000
  }
}
