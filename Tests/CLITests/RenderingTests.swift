import CLI
import Control
import ControlFixture
import Testing

@Suite struct RenderingTests {
  @Test func `tables are aligned, and no line ends in a blank`() {
    var table = Table(["NAME", "STATE", "NOTE"])
    table.add([Cell("a"), .state("active"), Cell("")])
    table.add([Cell("longer"), .state("failed"), Cell("x\u{1B}[2Jy\nz")])
    #expect(
      table.text() == """
        NAME    STATE   NOTE
        a       active
        longer  failed  x [2Jy z

        """)
    #expect(table.text(colours: true).contains("\u{1B}[32mactive\u{1B}[0m\n"))
    #expect(table.text(colours: true).contains("\u{1B}[31mfailed\u{1B}[0m  x"))
  }

  @Test func `progress as plain lines tells each step once, with its time`() {
    var progress = Progress()
    var lines: [String] = []
    for (count, state, at) in [
      (1, "requested", 1), (2, "requested", 151), (3, "provisioning", 161), (3, "resolving", 5_000),
      (4, "booting", 5_100), (6, "securing", 12_300), (6, "securing", 12_400), (8, "active", 12_950),
    ] as [(Int, String, Int64)] {
      lines += progress.lines(Sample.resource(count, state: state), at: Sample.at(at))
    }
    #expect(
      lines.joined(separator: "\n") == """
        09:30:00.250   +0.000s  accepted  small
        09:30:00.400   +0.150s  validated  prod/s1/north, 0.006 EUR/h net, at most 3.79 EUR/month
        09:30:00.410   +0.160s  dispatched
        09:30:05.250   +5.000s  no definite answer; asking the cloud what it made
        09:30:00.670   +0.420s  created  id 4711
        09:30:10.050   +9.800s  powered  203.0.113.7
        09:30:12.550    +12.3s  SSH reachable
        09:30:13.150    +12.9s  host key verified  SHA256:abc
        09:30:13.200    +12.9s  active
        """)
  }

  @Test func `progress of a later operation tells only what it adds`() {
    var progress = Progress(ofOperation: true)
    var resource = Sample.resource(8, state: "active")
    resource.operation = OperationView(
      id: "X", kind: "terminate", state: "running", acceptedAt: Sample.at(60_000), deadline: Sample.at(90_000))
    resource.rungs["end_requested"] = Sample.at(60_000)
    var lines = progress.lines(resource, at: Sample.at(60_001))
    resource.state = "terminated"
    resource.rungs["ended"] = Sample.at(63_000)
    lines += progress.lines(resource, at: Sample.at(63_001))
    #expect(
      lines == [
        "09:31:00.250   +0.000s  terminate accepted", "09:31:00.250   +0.000s  end requested",
        "09:31:03.250   +3.000s  ended",
      ])
  }

  @Test func `a stalled cleanup says why, since when and what it costs`() {
    var progress = Progress()
    _ = progress.lines(Sample.resource(4, state: "terminating"), at: Sample.at(1000))
    var resource = Sample.resource(4, state: "terminating")
    resource.cleanup = CleanupView(
      cause: "UNAUTHENTICATED: the token is refused", since: Sample.at(1000), pricePerHour: "0.006 EUR",
      remedy: "replace the token")
    #expect(
      progress.lines(resource, at: Sample.at(61_000)) == [
        "09:31:01.250    +1m01s  cleanup waits: UNAUTHENTICATED: the token is refused; since 1m00s, costs 0.006 EUR an "
          + "hour; replace the token"
      ])
    #expect(progress.lines(resource, at: Sample.at(62_000)).isEmpty)
  }

  @Test func `a resource is shown with its rungs and how to log in`() {
    let text = ResourceText.show(
      Sample.resource(8, state: "active", operation: "succeeded"), now: Sample.at(60_000), colours: false)
    #expect(
      text == """
        resource     01JAB3CDEFGH0123456789KMNP
        state        active
        goal         present
        offering     small
        tenant       joe
        created      2026-01-31T09:30:00.250Z (1m00s ago)
        placement    prod/s1/north with debian-12
        external id  4711
        price        0.006 EUR/h net, at most 3.79 EUR/month
        ipv4         203.0.113.7
        operation    provision succeeded (01JAB3CDEFGH0123456789KMNQ)

        09:30:00.250  +0.000s  accepted
        09:30:00.400  +0.150s  validated
        09:30:00.410  +0.160s  dispatched
        09:30:00.670  +0.420s  created
        09:30:10.050  +9.800s  powered
        09:30:12.550  +12.3s   SSH reachable
        09:30:13.150  +12.9s   host key verified
        09:30:13.200  +12.9s   active

        address   203.0.113.7
        host key  SHA256:abc
        log in    ssh -o 'KnownHostsCommand=/bin/echo 203.0.113.7 ssh-ed25519 AAAAKEY' -o UserKnownHostsFile=none -o StrictHostKeyChecking=yes root@203.0.113.7

        """)
  }

  @Test func `placements that were tried are shown in their order with why each was left, unless the first was taken`()
  {
    var resource = Sample.resource(3, state: "provisioning")
    let place = { PlacementView(account: $0, type: "s1", location: "north", image: "debian-12") }
    resource.tried = [TriedPlacementView(position: 1, placement: place("a"), outcome: "chosen")]
    #expect(ResourceText.placements(resource).isEmpty)
    resource.tried = [
      TriedPlacementView(
        position: 1, placement: place("a"), outcome: "passed_over", at: Sample.at(1),
        failure: ControlFailure(.noCapacity, "s1 in north was out of stock a short while ago")),
      TriedPlacementView(
        position: 2, placement: place("b"), outcome: "left", at: Sample.at(40),
        failure: ControlFailure(.quota, "server limit exceeded", remedy: "ask for more")),
      TriedPlacementView(position: 3, placement: place("c"), outcome: "chosen"),
    ]
    #expect(
      ResourceText.placements(resource) == """

        placement 1 (a/s1/north) passed over: s1 in north was out of stock a short while ago

        placement 2 (b/s1/north) left: server limit exceeded
          remedy: ask for more

        placement 3 (c/s1/north) chosen

        """)
    var progress = Progress()
    let lines = progress.lines(resource, at: Sample.at(100))
    #expect(lines.contains { $0.hasSuffix("+0.040s  placement 2 given up: server limit exceeded") })
    #expect(progress.lines(resource, at: Sample.at(200)).isEmpty)
  }

  @Test func `warnings of offerings are listed and shown with the day since when`() {
    let placement = PlacementView(account: "prod", type: "s1", location: "north", image: "debian-12")
    var offering = OfferingView(
      name: "small", placements: [placement], readiness: "ssh", provisionDeadlineS: 900, createdAt: Sample.start)
    #expect(OfferingText.show(offering, colours: false).contains("checked      not yet"))
    offering.checkedAt = Sample.start
    offering.warnings = [
      OfferingWarningView(
        kind: "price", placement: placement, since: Sample.start, text: "costs 0.007 EUR/h, and cost 0.006 EUR/h")
    ]
    let line = "prod/s1/north: costs 0.007 EUR/h, and cost 0.006 EUR/h (since 2026-01-31)"
    #expect(OfferingText.show(offering, colours: false).contains("warning      \(line)\n"))
    let list = OfferingText.list([offering], colours: false)
    #expect(list.contains("prod/s1/north  1\n") && list.hasSuffix("\nsmall: \(line)\n"))
  }

  @Test func `an account of which nobody knows whether it may write says so`() {
    var account = AccountView(
      name: "prod", plugin: "acme", endpoints: [], createdAt: Sample.start, health: AccountHealthView(state: "healthy"))
    #expect(AccountText.show(account, colours: false).contains("may write  not known before something is made\n"))
    account.health.canWrite = false
    #expect(AccountText.show(account, colours: false).contains("may write  no\n"))
  }

  @Test func `a timeline is a table with a heading for each day`() {
    #expect(
      TimelineText.table(Sample.timeline, colours: false) == """
        2026-01-31
        09:30:00.250  +0.000s  intent   provision accepted  operation=01JAB3CDEFGH0123456789KMNQ
        09:30:00.370  +0.120s  request  POST /servers → 201 in 90 ms
        2026-02-01
        09:30:00.250  +1d00h   finding  late twin  id=42

        """)
  }

  @Test func `a validation shows price and size, or what would be right`() {
    let good = PlacementCheckView(
      placement: PlacementView(account: "prod", type: "s1", location: "north", image: "debian-12"), holds: true,
      imageId: "77", architecture: "x86_64", vcpu: 2, memoryMb: 4096, diskGb: 40,
      price: PriceView(hourly: "0.006", currency: "EUR"), warnings: ["low stock"])
    var bad = PlacementCheckView(
      placement: PlacementView(account: "prod", type: "s9", location: "north", image: "debian-12"), holds: false)
    bad.failure = ControlFailure(
      .invalidSpec, "there is no type s9", remedy: "choose another",
      violations: [ViolationView(path: "type", message: "is not sold", allowed: (1...14).map { "s\($0)" })])
    let text = OfferingText.validation(
      ValidationView(offering: "small", holds: true, placements: [good, bad]), colours: false)
    #expect(
      text == """
        PLACEMENT      HOLDS  VCPU  MEMORY  DISK   ARCH    IMAGE  PRICE
        prod/s1/north  yes    2     4 GiB   40 GB  x86_64  77     0.006 EUR/h net
        prod/s9/north  no     -     -       -      -       -      -

        prod/s1/north: warning: low stock

        prod/s9/north: there is no type s9
          type: is not sold; allowed: s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12 and 2 more (--json lists them)
          remedy: choose another

        """)
  }

  @Test func `a plugin's sandbox is shown part by part, with who says so and why one is missing`() {
    var plugin = FakeBackend.plugin
    plugin.sandbox = [
      SandboxPartView(name: "no_new_privs", state: "enforced", source: "kernel", essential: true),
      SandboxPartView(name: "files (Landlock)", state: "enforced", source: "worker", essential: true, note: "a note"),
      SandboxPartView(
        name: "control group", state: "missing", source: "worker", essential: false, reason: "it was not delegated"),
    ]
    plugin.lastEnd = WorkerEndView(at: Timestamp(ms: 0), reason: "its worker was killed", signal: 9, calls: ["poll"])
    let text = PluginText.show(plugin, colours: false)
    for words in [
      "no_new_privs: enforced, the kernel agrees\n", "files (Landlock): enforced; a note\n",
      "control group: not available: it was not delegated (a second wall)\n",
      "1970-01-01T00:00:00.000Z: its worker was killed\n", "poll\n",
    ] { #expect(text.contains(words), "\(text)") }
  }

  @Test func `a plugin whose file is gone says so in the list too`() {
    var plugin = FakeBackend.plugin
    #expect(!PluginText.list([plugin], colours: false).contains("(gone)"))
    plugin.filePresent = false
    #expect(PluginText.list([plugin], colours: false).contains("\(plugin.file) (gone)"))
  }

  @Test func `what a message says already is not said again as its violation`() {
    var failure = ControlFailure(.invalidSpec, "config.size must be a number")
    failure.violations = [ViolationView(path: "config.size", message: "must be a number")]
    #expect(FailureText.lines(failure) == "config.size must be a number\n")
    failure.violations = [
      ViolationView(path: "config.size", message: "must be a number", allowed: ["1"]),
      ViolationView(path: "config.colour", message: "must be a number"),
    ]
    #expect(FailureText.lines(failure).split(separator: "\n").count == 3)
  }

  @Test func `foreign text cannot steer the terminal`() {
    let text = "a\u{1B}]0;x\u{7}b\u{202E}c\u{85}d\r\n"
    #expect(Plain.text(text) == "a ]0;x bc d  ")
    var plugin = FakeBackend.plugin
    plugin.name = "\u{1B}[2J"
    plugin.problem = ControlFailure(.notServing, "\u{1B}[31m", expected: "\u{9B}1m")
    #expect(!PluginText.show(plugin, colours: false).contains("\u{1B}"))
    #expect(!PluginText.list([plugin], colours: false).unicodeScalars.contains("\u{9B}"))
  }

  @Test func `a login command is only made of what a shell takes as it is`() {
    var ssh = SSHView(host: "h", user: "root", knownHosts: "h ssh-ed25519 AAAA")
    #expect(SSHCommand.line(ssh) != nil)
    ssh.knownHosts = "h ssh-ed25519 AAAA'; rm -rf '"
    #expect(SSHCommand.line(ssh) == nil)
    ssh = SSHView(host: "h;x", user: "root", knownHosts: "h k")
    #expect(SSHCommand.line(ssh) == nil)
    ssh = SSHView(host: "h", port: 2222, user: "root", knownHosts: "[h]:2222 k A")
    #expect(SSHCommand.line(ssh)?.hasSuffix("-p 2222 root@h") == true)
    #expect(SSHCommand.line(SSHView(host: "h", user: "root")) == nil)
  }
}
