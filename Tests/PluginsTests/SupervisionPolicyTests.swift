import PluginMessages
import Plugins
import Testing

@Suite struct SupervisionPolicyTests {
  private let second: UInt64 = 1_000_000_000

  @Test func `a file counts when nobody has written to it for a while, a renamed one at once`() {
    var quiet = FileQuiet(span: 100)
    quiet.writing("a", at: 0)
    #expect(quiet.next == nil, "a file that nobody has closed is not waited for")
    quiet.written("a", at: 10)
    quiet.written("b", at: 20)
    quiet.writing("a", at: 60)
    #expect(quiet.next == 120)
    let none = quiet.take(at: 119)
    let first = quiet.take(at: 130)
    quiet.decided("a")
    #expect(none == [] && first == ["b"] && quiet.next == nil)
  }

  @Test func `reloads that come meanwhile become one, of the newest file`() {
    var turn = ReloadTurn()
    let began = turn.ask(draining: 0, most: 3)
    let (second, third) = (turn.ask(draining: 0, most: 3), turn.ask(draining: 0, most: 3))
    let again = turn.read()
    let once = turn.read()
    #expect(began && !second && !third && again && !once && turn.phase == .loading)
    // A newer file while one loads: that one is given up.
    #expect(turn.ask(draining: 0, most: 3) && turn.phase == .reading)
    _ = turn.read()
    turn.end()
    #expect(turn.phase == .idle)
  }

  @Test func `while three generations drain a reload waits for one of them`() {
    var turn = ReloadTurn()
    let held = turn.ask(draining: 3, most: 3)
    let still = turn.ask(draining: 3, most: 3)
    let notYet = turn.drained(draining: 3, most: 3)
    let now = turn.drained(draining: 2, most: 3)
    #expect(!held && !still && !notYet && now && turn.phase == .reading)
    let nothing = turn.drained(draining: 1, most: 3)
    #expect(!nothing)
  }

  @Test func `only a worker with an old call is asked for a sign of life, and given up when it gives none`() {
    var heart = Heartbeat(after: second, patience: 5 * second)
    let idle = heart.judge(oldest: nil, at: 0)
    let young = heart.judge(oldest: 0, at: second / 2)
    let old = heart.judge(oldest: 0, at: second)
    #expect(idle == .wait && young == .wait && old == .ping(1))
    heart.answered(1, at: 2 * second)
    let (soon, next) = (heart.judge(oldest: 0, at: 5 * second / 2), heart.judge(oldest: 0, at: 3 * second))
    #expect(soon == .wait && next == .ping(2))
    heart.answered(1, at: 4 * second)
    let (patient, over) = (heart.judge(oldest: 0, at: 7 * second), heart.judge(oldest: 0, at: 8 * second))
    #expect(patient == .wait && over == .silent)
  }

  @Test func `quantiles are at most an eighth too high`() {
    var latency = LatencyHistogram()
    #expect(latency.quantile(0.5) == nil)
    for index in 1...1000 { latency.add(UInt64(index) * 1_000_000) }
    let (half, most) = (latency.quantile(0.5) ?? 0, latency.quantile(0.99) ?? 0)
    #expect((500_000...570_000).contains(half) && (990_000...1_130_000).contains(most))
    latency.add(.max)
    latency.add(0)
    #expect(latency.count == 1002)
  }

  @Test func `the last lines are kept and no more`() {
    var tail = LogTail(most: 3)
    for index in 0..<5 { tail.add("\(index)") }
    #expect(tail.lines == ["2", "3", "4"])
  }

  private func poll(_ subjects: String...) -> CrashCharges.Call {
    CrashCharges.Call(verb: "poll", subjects: subjects, account: "a")
  }

  @Test func `what crashes twice alone is parked, what only stood beside it is not`() {
    var charges = CrashCharges()
    let batch = charges.crashed([poll("1", "2", "3")], at: 0)
    #expect(batch == CrashCharges.Verdict() && charges.isSuspect(poll("2")) && !charges.isSuspect(poll("4")))
    charges.cleared(poll("1", "3"))
    #expect(!charges.isSuspect(poll("1")) && charges.isSuspect(poll("2")))
    let (once, twice) = (charges.crashed([poll("2")], at: 1), charges.crashed([poll("2")], at: 2))
    #expect(once.parked == nil && twice.parked == CrashSubject(verb: "poll", subject: "2"))
    #expect(!twice.isImageBad, "one culprit is not the image's fault")
  }

  @Test func `crashes on three different things in ten minutes are the image's fault`() {
    var charges = CrashCharges()
    let verdicts = [0, 1, 700, 701, 702].map { at in
      charges.crashed([poll("\(at)")], at: UInt64(at) * second).isImageBad
    }
    #expect(verdicts == [false, false, false, false, true])
    charges.forgive()
    #expect(!charges.crashed([poll("x")], at: 703 * second).isImageBad)
  }

  @Test func `calls about a whole account are never parked`() {
    var charges = CrashCharges()
    for at in 0..<5 {
      let verdict = charges.crashed([CrashCharges.Call(verb: "catalog", subjects: [], account: "a")], at: UInt64(at))
      #expect(verdict == CrashCharges.Verdict())
    }
    let idle = charges.crashed([], at: 6)
    #expect(idle.parked == nil)
  }

  @Test func `the file's own image comes first, then the ones that served, and barred ones never`() {
    var record = PluginRecord(PluginFile(folder: "/p", name: "a.so"))
    for sha in ["one", "two"] { record.switched(to: sha) }
    #expect(record.next(file: "three", barred: { _ in false }, tried: []) == "three")
    #expect(record.next(file: "three", barred: { $0 == "three" }, tried: []) == "two")
    #expect(record.next(file: "three", barred: { _ in false }, tried: ["three", "two"]) == "one")
    record.setAside["one"] = "crashed"
    #expect(record.next(file: nil, barred: { _ in false }, tried: ["two"]) == nil)
    #expect(record.fallback(from: "two", barred: { _ in false }) == nil)
    record.setAside = [:]
    #expect(record.fallback(from: "two", barred: { _ in false }) == "one")
    record.switched(to: "one")
    #expect(record.previous == "two" && record.fallback(from: "one", barred: { $0 == "two" }) == nil)
  }

  private func manifest(_ change: (inout PluginManifest) -> Void = { _ in }) -> PluginManifest {
    var manifest = PluginManifest(
      id: "a", name: "A", version: "1",
      endpoints: [ManifestEndpoint(name: "api", baseUrl: "https://api.test/v1", auth: AuthScheme(.bearer))],
      routes: ["terminate": [RouteTemplate(method: "DELETE", path: "/servers/{external_id}")]])
    change(&manifest)
    return manifest
  }

  @Test func `whatever an image asks for beyond what was approved is told, and less is not`() {
    let approved = PluginAsk(manifest())
    #expect(PluginAsk(manifest { $0.endpoints = [] }).beyond(approved) == [])
    let moved = PluginAsk(manifest { $0.endpoints[0].baseUrl = "https://evil.test" })
    #expect(moved.beyond(approved) == ["endpoint api: address https://api.test/v1 → https://evil.test"])
    #expect(moved.beyond(approved, own: ["api"]) == [], "the operator's own address is not the image's to change")
    let more = PluginAsk(
      manifest {
        $0.endpoints[0].auth = AuthScheme(.query, name: "key")
        $0.endpoints[0].unixSocket = true
        $0.endpoints.append(ManifestEndpoint(name: "b", baseUrl: "https://b.test", auth: AuthScheme(.none)))
        $0.network = "direct"
        $0.routes["terminate"]?.append(RouteTemplate(method: "DELETE", path: "/keys/{}"))
        $0.postReads = ["/query"]
      })
    #expect(
      more.beyond(approved) == [
        "endpoint api: credential bearer → query key", "endpoint api: may be a unix socket",
        "endpoint b: new, https://b.test, credential none", "network: brokered → direct",
        "terminate: DELETE /keys/{} on api", "POST to /query in verbs that only read",
      ])
    #expect(
      PluginAsk(manifest { $0.routes = [:] }).beyond(approved) == [
        "terminate: any request, not only those that were approved"
      ])
  }
}
