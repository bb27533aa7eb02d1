/// Everything that a plugin may do wrong, what the operator then sees, and which test holds the host to it.
///
/// `docs/misbehaving-plugins.md` is this table; a test compares them. Another one of each kind behaves all the while: its
/// calls keep succeeding.
package enum Zoo {
  /// One animal.
  package struct Row: Sendable, Hashable {
    /// What it does; names the test's case too.
    package let does: String
    /// What the operator sees.
    package let seen: String
    /// Who tries it.
    package let place: Place

    /// As docs/misbehaving-plugins.md has it.
    package var line: String { "| \(does) | \(seen) |" }
  }

  /// Where it is tried.
  package enum Place: Sendable, Hashable {
    /// Tests/PluginsTests/ZooTests.swift: a router, a bystander.
    case router
    /// Tests/Integration/ZooTests.swift: `slipway serve`, a cloud, a bystander.
    case host
    /// Another file, and a part of the test's name.
    case test(String, String)
  }

  /// The rows whose cases are in one place.
  package static func rows(_ place: Place) -> [Row] { all.filter { $0.place == place } }

  private static func row(_ does: String, _ seen: String, _ place: Place = .router) -> Row {
    Row(does: does, seen: seen, place: place)
  }

  private static func sandboxed(_ does: String, _ seen: String, _ name: String) -> Row {
    Row(does: does, seen: seen, place: .test("Tests/WorkerTests/SandboxTests.swift", name))
  }

  /// All rows, in the order of the documentation.
  package static let all: [Row] = loading + files + calls + bombs + wire + output + answers + requests + lives

  private static let loading = [
    row(
      "crashes in a constructor", "`backoff`, then `quarantined`, with the signal; it is started again ever more rarely"
    ),
    row("is slow in a constructor", "`backoff`: it did not load within `workers.handshake_s`"),
    row("crashes at every third start", "the log tells each crash; it serves again after the next start"),
    row("returns no table", "`refused`: NULL from slipway_plugin_entry, expected its table"),
    row("speaks an ABI that is too old", "`refused` with both ranges: install a newer build of the plugin"),
    row("speaks an ABI that is too new", "`refused` with both ranges: update the host, or install an older build"),
    row("has a table that is too small", "`refused` with the size that it gave, and what is expected"),
    row("has a table of 4 GB", "`refused` with the size that it gave, and what is expected"),
  ]

  private static let files = [
    row("is for another machine", "`refused`: built for AArch64; expected this machine's"),
    row(
      "is a truncated ELF file",
      "`incomplete`: cut short, with the bytes expected and found; it is read when it is whole"),
    row("is a text file", "`refused`: a text file; expected a shared object"),
    row("lacks the symbol", "`refused`: it does not export slipway_plugin_entry"),
    row("needs a symbol that nobody has", "`refused` with the symbol's name"),
    row("needs a library that is not there", "`refused` with the library's name"),
    row("is changed while it is read", "what serves is one whole version, never a mixture"),
    row(
      "has the id of another plugin", "`refused`: the other one serves; remove one of the two",
      .test("Tests/PluginsTests/LoadTests.swift", "of two files with one id the first by name serves")),
  ]

  private static let calls = [
    row(
      "crashes in a call",
      "that call ends with the signal; `plugin show` has address, verb and call; a new worker serves the next"),
    row("crashes in a thread of its own", "as a crash in a call"),
    row("calls abort", "as a crash in a call, with SIGABRT"),
    row("calls exit(0)", "that call ends: its worker exited with status 0"),
    row("lets a C++ exception escape", "as a crash in a call, with SIGABRT"),
    row("loops for ever", "that call is overdue at its deadline; a new worker serves the next, the old one is killed"),
    row("sleeps and ignores SIGTERM", "as a loop; SIGKILL follows after `workers.kill_grace_s`"),
    row("leaks 1 MB a call", "its memory in `plugin show` grows to the limit; then it crashes, and starts anew"),
    row("takes a chunk of an answer and never returns", "as a loop: the call is overdue"),
  ]

  private static let bombs = [
    sandboxed("forks without end", "nothing: it gets no child", "a fork bomb makes no child"),
    sandboxed(
      "starts threads without end", "nothing: they stop at its memory limit", "a thread bomb stops at the limit"),
    sandboxed("takes memory without end", "nothing: it stops at its limit", "a memory bomb stops at the limit"),
    sandboxed(
      "takes shared memory", "nothing: it gets none", "the host can be neither signalled, traced, read, limited"),
    sandboxed("opens files without end", "nothing: they stop at 64", "files run out at 64 descriptors"),
    row("leaves a child that holds its pipes", "nothing: fork fails in the sandbox"),
    sandboxed(
      "opens sockets or files, starts programs, changes modes", "nothing: refused by the kernel",
      "files of others cannot be read, written, made"),
    sandboxed("makes system calls by int 0x80", "its worker dies of SIGSYS", "another architecture's system calls"),
    sandboxed(
      "traces, limits or kills the host", "nothing: refused by the kernel",
      "the host can be neither signalled, traced, read, limited"),
  ]

  private static let wire = [
    row("closes descriptors 0 to 64", "that call ends with its worker"),
    row("writes garbage to descriptor 3", "that call ends: its worker broke the protocol, with what was wrong"),
    row(
      "forges the reply to a call that is not open",
      "its worker broke the protocol: a REPLY for call 99, which is not open"),
    row(
      "forges replies to every call", "its own open calls get what it says; the first that is not open ends its worker"),
    row("forges a frame of no kind", "its worker broke the protocol, with the kind's number"),
    row("reads descriptor 3", "its calls are lost or overdue; its worker gives no sign of life and is ended"),
  ]

  private static let output = [
    row("writes garbage to descriptors 1 and 2", "lines of the log under its name, without control characters"),
    row("prints without end", "some lines, and how many were dropped; its call is overdue"),
    row("logs 1 GB", "some lines, and how many were dropped; nobody waits"),
    row("writes terminal escape codes", "the text without them, on one line"),
  ]

  private static let answers = [
    row("replies with NULL", "that call failed: INTERNAL"),
    row("replies with 64 MB", "that call failed: INTERNAL; the plugin is told that it was too much"),
    row("replies twice", "the first reply counts; a warning names the plugin"),
    row("replies from another thread", "the reply"),
    row("does not reply", "that call failed: INTERNAL"),
    row(
      "replies after the call was cancelled", "the call is cancelled; what the reply names is kept as evidence",
      .test("Tests/PluginsTests/CallTests.swift", "a late reply after a cancelled call is evidence")),
    row("replies with half an object", "the reply cannot be read; the account is not added", .host),
    row("replies with bytes that are no UTF-8", "the reply cannot be read; the account is not added", .host),
    row("replies with 100,000 levels of arrays", "the reply cannot be read; the account is not added", .host),
    row("replies with an empty text", "the reply cannot be read; the account is not added", .host),
    row("replies with 5 MB", "the reply is not there: INTERNAL; the account is not added", .host),
    row(
      "replies with the largest numbers that there are",
      "each is taken for the most that it may be; the machine lives and ends", .host),
    row(
      "replies with the smallest numbers that there are",
      "each is taken for the least that it may be; the machine lives and ends", .host),
    row(
      "says that nothing will be seen for 292 million years",
      "it is looked at after ten minutes at most, and can be ended before", .host),
    row(
      "names the same attempt twice in a poll", "that look counts for nothing; the machine stays `booting`", .host),
  ]

  private static let requests = [
    row("asks an endpoint that it did not declare", "nothing is sent; why, in the account's error", .host),
    row("asks a path with ..", "nothing is sent; why, in the account's error", .host),
    row("asks a path that begins with @", "nothing is sent; why, in the account's error", .host),
    row("puts CR and LF into a header", "nothing is sent; why, in the account's error", .host),
    row("sets a Host of its own", "nothing is sent; why, in the account's error", .host),
    row("sets an Authorization of its own", "nothing is sent; why, in the account's error", .host),
    row("sends a POST in self_test", "nothing is sent; why, in the account's error", .host),
    row("deletes another machine", "nothing is sent: the other machine stands", .host),
    row("sends a POST in poll", "nothing is sent: one machine, not two", .host),
  ]

  private static let lives = [
    row("crashes after the cloud has created", "the machine becomes `active`, once; `explain` shows the crash", .host),
    row("is overdue after the cloud has created", "its late answer is kept: the machine becomes `active`, once", .host),
    row(
      "asks for another endpoint in a new version", "`needs approval`; the old version serves on",
      .test("Tests/Integration/PluginOperationTests.swift", "a build that wants the token sent elsewhere waits")),
    row(
      "crashes on three different things", "`quarantined`, with the last lines, the signal and the calls",
      .test("Tests/PluginsTests/SupervisionTests.swift", "crashes on three different things quarantine the image")),
    row(
      "crashes soon after an update", "the version before is back, and why",
      .test("Tests/PluginsTests/ReloadTests.swift", "a crash soon after the switch brings the previous image back")),
  ]
}
