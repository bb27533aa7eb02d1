import CloudSim
import HTTP
import Model
import PluginKit
import PluginMessages
import Simulation

/// One account's simulated cloud, and what requests to it meet on their way.
struct PluginCloud: Sendable {
  let known: KnownCloud
  let account: String
  private(set) var cloud: any SimulatedCloud
  /// What the plugin's worker holds.
  private(set) var provisioner: any Provisioner
  /// What the host's broker keeps of a catalog.
  private var cache: [String: (until: Int64, response: CloudResponse)] = [:]
  /// Creates that are carried out later, by number.
  private var held: [UInt64: HTTPRequest] = [:]
  private var excused: Set<String> = []
  /// Strangers' objects with a name of ours, and when they go by themselves.
  private var squatters: [(id: String, until: Int64)] = []
  private var looked: [OutsideObject] = []
  private var isChanged = true

  /// What became of one request.
  struct Passage {
    var outcome: CloudOutcome
    /// Whether the network saw it.
    var hasLeft = true
    /// Whether the cloud did it.
    var wasDone = false
    /// Milliseconds after which a held one is carried out.
    var heldFor: Int64?

    static func lost(wasDone: Bool = false) -> Passage {
      Passage(outcome: .sentNoAnswer(reason: "the connection was closed"), wasDone: wasDone)
    }
  }

  init(_ known: KnownCloud, account: String, seed: UInt64, start: Model.Instant) {
    self.known = known
    self.account = account
    provisioner = known.provisioner()
    cloud = known.make("good", seed, start.ms)
    Self.addTokens(&cloud)
  }

  private static func addTokens<Cloud: SimulatedCloud>(_ cloud: inout Cloud) {
    cloud.frame.tokens["readOnly"] = SimToken(project: "default", readOnly: true)
    // A stranger's project in which nothing can be made: what such a create left nobody could ever look for.
    cloud.frame.tokens["stranger"] = SimToken(project: "stranger", readOnly: true)
    cloud.frame.tokens["revoked"] = SimToken(project: "default", revoked: true)
    // Never matches, and lets the past be kept for looks that are stale.
    cloud.frame.faults.add(CloudSim.Fault(.stale(ms: 3_000), method: "PAST", count: nil))
  }

  private static func arm<Cloud: SimulatedCloud>(_ cloud: inout Cloud, _ kind: CloudSim.Fault.Kind, _ method: String) {
    let always = cloud.frame.faults.rules.filter { $0.method == "PAST" }
    cloud.frame.faults.clear()
    for rule in always { cloud.frame.faults.add(rule) }
    cloud.frame.faults.add(CloudSim.Fault(kind, method: method))
  }

  /// The host starts anew.
  mutating func restart() {
    cache = [:]
    workerDied()
  }

  /// What the worker remembered is gone.
  mutating func workerDied() { provisioner = known.provisioner() }

  /// Everything that exists at that instant, or did.
  mutating func objects(at now: Model.Instant) -> [OutsideObject] {
    for squatter in squatters where squatter.until <= now.ms {
      vanish(squatter.id, at: now)
      // One that somebody else ended before was ended by us.
      if cloud.ledger.entry(squatter.id)?.end == .vanished { excused.insert(squatter.id) }
    }
    squatters.removeAll { $0.until <= now.ms }
    if cloud.nextEvent.map({ $0 <= now.ms }) ?? false { isChanged = true }
    guard isChanged else { return looked }
    isChanged = false
    cloud.settle(to: now.ms)
    let standing = known.standing(cloud)
    looked = cloud.ledger.entries.map { entry in
      OutsideObject(
        id: entry.id, account: account, attempt: Self.attempt(of: entry), bornAt: Model.Instant(ms: entry.created),
        deletedAt: entry.deleted.map { Model.Instant(ms: $0) }, standing: standing[entry.id] ?? .coming,
        isExcused: excused.contains(entry.id))
    }
    return looked
  }

  /// The attempt that labels name: the last part of a label's name or the first of its value that is an id, as each plugin
  /// writes it.
  private static func attempt(of entry: BillingLedger.Entry) -> ULID? {
    if let id = entry.labels["slipway-attempt"] { return ULID(id) }
    for label in entry.labels.keys {
      let parts = label.split(separator: ":").map(String.init)
      guard parts.count > 1, ["slipway-vm", "slipway-attempt"].contains(parts[0].lowercased()) else { continue }
      return ULID(parts[1].uppercased())
    }
    return nil
  }

  mutating func plant(at now: Model.Instant) {
    isChanged = true
    cloud.settle(to: now.ms)
    _ = try? cloud.plant(["name": .string("theirs-\(cloud.ledger.entries.count)")])
  }

  mutating func vanish(_ id: String, at now: Model.Instant) {
    isChanged = true
    cloud.settle(to: now.ms)
    _ = cloud.vanish(id)
  }

  mutating func stock(_ type: String, isThere: Bool) {
    guard let place = known.types.first(where: { $0.type == type })?.location else { return }
    try? cloud.changeStock(known.stock(type, place, isThere))
  }

  /// Carries out a held create.
  mutating func release(_ number: UInt64, at now: Model.Instant) {
    guard let request = held.removeValue(forKey: number) else { return }
    let before = cloud.ledger.entries.count
    isChanged = true
    _ = cloud.handle(request, at: now.ms)
    for entry in cloud.ledger.entries.dropFirst(before) where late.contains(number) { excused.insert(entry.id) }
  }

  private var late: Set<UInt64> = []

  /// Answers a request.
  mutating func answer(_ request: CloudRequest, _ weather: inout Weather, reading: Simulation.Fault, number: UInt64)
    -> Passage
  {
    let now = weather.now.ms
    // The request moves the cloud's clock, past what is due by then.
    if cloud.nextEvent.map({ $0 <= now }) ?? false { isChanged = true }
    let path = type(of: cloud).basePath + request.path
    let key = "\(path)?\(request.query)"
    if request.cacheTtlS > 0, let kept = cache[key], now < kept.until {
      return Passage(outcome: .answered(kept.response), hasLeft: false)
    }
    let fields = request.headers.map { HTTPField($0.name.lowercased(), $0.value) }
    let wire = HTTPRequest(
      method: request.method.rawValue, path: path, query: request.query,
      headers: fields + [HTTPField("authorization", "Bearer \(weather.token)")], body: request.body)
    guard request.changes else {
      if weather.chance(reading) { return trouble(&weather) }
      if reading != .prepareFails, weather.chance(.staleLook) { Self.arm(&cloud, .stale(ms: 1_500), "GET") }
      let passage = pass(wire, at: now)
      if request.cacheTtlS > 0, case .answered(let response) = passage.outcome, response.succeeded {
        cache[key] = (now + Int64(request.cacheTtlS) * 1_000, response)
      }
      return passage
    }
    isChanged = true
    return path == type(of: cloud).basePath + known.machines && request.method == .post
      ? create(wire, &weather, number) : change(wire, &weather)
  }

  /// A request that reads, and goes wrong.
  private func trouble(_ weather: inout Weather) -> Passage {
    switch weather.draw(5) {
    case 0: problem(503, "unavailable")
    case 1: problem(429, "rate_limit_exceeded")
    case 2: Passage(outcome: .notSent(reason: "connection refused", retryAfterMs: 0), hasLeft: false)
    case 3: Passage(outcome: .answered(CloudResponse(status: 200, body: Array("<html>".utf8))))
    default: .lost()
    }
  }

  private func problem(_ status: Int, _ code: String, wasDone: Bool = false) -> Passage {
    Passage(
      outcome: .answered(Self.read(cloud.problem(status: status, code: code, message: code))), wasDone: wasDone)
  }

  private static func read(_ response: HTTPResponse) -> CloudResponse {
    CloudResponse(
      status: response.status, headers: response.headers.map { CloudRequest.Header($0.name, $0.value) },
      body: response.body)
  }

  private mutating func pass(_ request: HTTPRequest, at now: Int64) -> Passage {
    let response = Self.read(cloud.handle(request, at: now).response)
    return Passage(outcome: .answered(response), wasDone: response.succeeded)
  }

  private mutating func create(_ request: HTTPRequest, _ weather: inout Weather, _ number: UInt64) -> Passage {
    let now = weather.now.ms
    if weather.chance(.quota) {
      known.setFull(&cloud, true)
      defer { known.setFull(&cloud, false) }
      return pass(request, at: now)
    }
    if weather.chance(.outOfStock) {
      Self.arm(&cloud, .stockOut(ms: 20_000), "POST")
      return pass(request, at: now)
    }
    if weather.chance(.nameTaken), let name = Self.name(in: request) {
      // Whether that keeps ours out is the cloud's affair. It carries a mark of its owner's: an unmarked one of exactly this
      // name, made within this minute, is taken for one of ours whose tags are late.
      let planted = try? cloud.plant(
        known.manifest.uniqueNames
          ? ["name": .string(name), "labels": ["owner": "them"]] : ["name": .string(name), "tags": ["theirs"]])
      if let id = planted?["id"].flatMap({ $0.string ?? $0.int.map(String.init) }) {
        squatters.append((id, now + 1 + weather.draw(600_000)))
      }
      return pass(request, at: now)
    }
    if weather.chance(.busy) { return problem(429, "rate_limit_exceeded") }
    if weather.chance(.requestLost) { return .lost() }
    if weather.chance(.errorBefore) { return problem(503, "unavailable") }
    if weather.chance(.refusedAndDone) {
      let before = cloud.ledger.entries.count
      let wasDone = pass(request, at: now).wasDone
      for entry in cloud.ledger.entries.dropFirst(before) { excused.insert(entry.id) }
      let no = known.noes[Int(weather.draw(UInt64(known.noes.count)))]
      return Passage(
        outcome: .answered(Self.read(cloud.problem(status: no.status, code: no.code, message: no.message))),
        wasDone: wasDone)
    }
    if weather.chance(.executedInWindow) { return hold(request, number, for: 1 + weather.draw(9_000), isLate: false) }
    if weather.chance(.executedLate) {
      return hold(request, number, for: known.limits.settleMs + 1 + weather.draw(840_000), isLate: true)
    }
    if weather.chance(.objectFails) {
      Self.arm(&cloud, .createFails(ms: 1_000 + weather.draw(20_000), code: "server_error", message: "no"), "POST")
    } else if weather.chance(.hiddenLong) {
      Self.arm(&cloud, .hidden(ms: 1 + weather.draw(12_000)), "POST")
    }
    var passage = pass(request, at: now)
    // What was refused is not carried out a second time.
    if passage.wasDone, weather.chance(.executedTwice) {
      held[number] = request
      late.insert(number)
      passage.heldFor = weather.draw(2) == 0 ? 1 + weather.draw(50_000) : 1
    }
    return answered(passage, &weather)
  }

  private static func name(in request: HTTPRequest) -> String? {
    let body = CloudSim.JSON(parsing: request.body)
    return (body?["name"] ?? body?["label"])?.string
  }

  private mutating func hold(_ request: HTTPRequest, _ number: UInt64, for ms: Int64, isLate: Bool) -> Passage {
    held[number] = request
    if isLate { late.insert(number) }
    var passage = Passage.lost()
    passage.heldFor = ms
    return passage
  }

  private mutating func change(_ request: HTTPRequest, _ weather: inout Weather) -> Passage {
    if weather.chance(.busy) {
      if weather.draw(2) == 0 { return problem(429, "rate_limit_exceeded") }
      Self.arm(&cloud, .lock(ms: 1_000 + weather.draw(20_000)), request.method)
      return pass(request, at: weather.now.ms)
    }
    if request.method == "DELETE", let protect = known.setProtected, weather.chance(.protected),
      let id = request.path.split(separator: "/").last.map(String.init)
    {
      protect(&cloud, id, true)
      defer { protect(&cloud, id, false) }
      return pass(request, at: weather.now.ms)
    }
    if weather.chance(.requestLost) { return .lost() }
    if weather.chance(.errorBefore) { return problem(503, "unavailable") }
    return answered(pass(request, at: weather.now.ms), &weather)
  }

  /// The way back.
  private func answered(_ passage: Passage, _ weather: inout Weather) -> Passage {
    var passage = passage
    if weather.chance(.replyLost) {
      passage.outcome = Passage.lost().outcome
    } else if weather.chance(.errorAfter) {
      passage.outcome = problem(weather.draw(2) == 0 ? 500 : 502, "server_error").outcome
    } else if weather.chance(.badRequest), case .answered(var response) = passage.outcome, response.succeeded {
      response.body = Array("{\"garbled\":".utf8)
      passage.outcome = .answered(response)
    }
    return passage
  }
}
