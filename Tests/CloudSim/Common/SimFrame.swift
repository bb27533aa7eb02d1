package import HTTP

/// What every simulated cloud has, whatever its API: its state, its faults, its books and its clock.
package struct SimFrame<World: Sendable, Event: Sendable>: Sendable {
  /// Everything that the cloud's API can show.
  package var world: World
  /// Tokens and what they open.
  package var tokens: [String: SimToken]
  /// Rules by which requests go wrong.
  package var faults = FaultBook()
  /// Every server that ever existed.
  package var ledger = BillingLedger()
  /// What was asked for.
  package var log = RequestLog()
  /// The only source of chance.
  package var random: SeededRandom
  /// Milliseconds that the cloud's clock runs ahead of its caller's.
  package var offset: Int64 = 0
  /// The cloud's latest instant, milliseconds since 1970; never goes back.
  package private(set) var now: Int64
  /// Work that is due later.
  package var queue = EventQueue<Planned>()
  /// What the machine under the VMs has to do, in order, until somebody takes it.
  package var commands: [VMCommand] = []
  private var history: [(until: Int64, world: World)] = []

  /// Work that is due later.
  package enum Planned: Sendable {
    /// A request whose client was already told nothing.
    case request(HTTPRequest)
    /// A step of the cloud's own.
    case event(Event)
  }

  /// Makes the frame of a cloud that was empty until `start`.
  package init(world: World, tokens: [String: SimToken], seed: UInt64, start: Int64) {
    self.world = world
    self.tokens = tokens
    random = SeededRandom(seed: seed)
    now = start
  }

  /// Moves the clock to the caller's instant, or leaves it where that lies in the past.
  package mutating func advance(to instant: Int64) { now = max(now, instant) }

  /// Plans a step at an instant of the cloud's clock.
  package mutating func plan(_ event: Event, at instant: Int64) { queue.add(.event(event), at: instant) }

  /// Keeps the world as it is until now, where a fault may ask for the past.
  package mutating func remember() {
    guard let reach = faults.reach else {
      history = []
      return
    }
    history.append((now, world))
    if let stillNeeded = history.firstIndex(where: { $0.until > now - reach }), stillNeeded > 0 {
      history.removeFirst(stillNeeded)
    }
  }

  /// The world as it was at an instant, as far back as it was kept.
  package func world(at instant: Int64) -> World { history.first { $0.until > instant }?.world ?? world }
}

/// A cloud's API as a pure state machine: it knows no clock, no network and no chance but its seed.
package protocol SimulatedCloud: Sendable {
  /// Everything that the API can show.
  associatedtype World: Sendable
  /// Steps that the cloud takes by itself.
  associatedtype Event: Sendable
  /// What can be turned.
  associatedtype Settings: SimSettings

  /// Name for people, in lower case.
  static var name: String { get }
  /// Where the API's paths begin, such as `/v1`.
  static var basePath: String { get }
  /// The common part.
  var frame: SimFrame<World, Event> { get set }
  /// The settings in force.
  var settings: Settings { get set }

  /// Makes an empty cloud with one token that may do everything in the project `default`.
  ///
  /// `start` is the first instant, milliseconds since 1970; `pool` holds the addresses that it hands out.
  init(token: String, settings: Settings, seed: UInt64, start: Int64, pool: AddressPool)

  /// Carries out a request of the API at `frame.now`, with the fault that hits it, if any.
  mutating func answer(_ request: HTTPRequest, fault: Fault.Kind?) -> HTTPResponse
  /// Takes a step that is due, at its own instant, which may lie before `frame.now`.
  mutating func step(_ event: Event, at instant: Int64)
  /// An error in the shape of this cloud.
  func problem(status: Int, code: String, message: String) -> HTTPResponse
  /// Makes the first object of a listing that was just answered vanish.
  mutating func vanishFirst(of response: HTTPResponse)

  /// Learns where it is served; where `loopback` is a port, servers get addresses of this machine that
  /// no simulator on another port hands out.
  mutating func attach(baseURL: String, loopback: UInt16?)

  /// Changes stock as the admin endpoint asks.
  mutating func changeStock(_ json: JSON) throws(AdminProblem)
  /// Puts a foreign server in place; returns it as the admin endpoint shows it.
  mutating func plant(_ json: JSON) throws(AdminProblem) -> JSON
  /// Lets the server of an id, as text, vanish without a trace but in the ledger; false where there is none.
  mutating func vanish(_ id: String) -> Bool
  /// All servers as the admin endpoint shows them.
  var serversJSON: JSON { get }
}

extension SimulatedCloud {
  /// Answers one request at the caller's instant, milliseconds since 1970; paths below `/_sim` go to the
  /// admin endpoint. An instant before an earlier one counts as that one.
  package mutating func handle(_ request: HTTPRequest, at now: Int64) -> SimReply {
    settle(to: now)
    if request.path == "/_sim" || request.path.hasPrefix("/_sim/") { return SimReply(admin(request)) }
    let fault = frame.faults.take(for: request)
    if request.method != "GET" { frame.remember() }
    let reply = carryOut(request, fault?.kind)
    let looked = reply.delivery != .droppedUnread
    if case .late = fault?.kind {
      frame.log.add(request, at: frame.now, status: nil, fault: "late")
    } else {
      frame.log.add(
        request, at: frame.now, status: looked ? reply.response.status : nil, fault: fault?.kind.name)
    }
    return reply
  }

  /// Does what is due until the caller's instant; `handle` does so by itself.
  package mutating func settle(to now: Int64) {
    let target = max(frame.now, now + frame.offset)
    while let due = frame.queue.take(until: target) {
      frame.advance(to: due.at)
      frame.remember()
      switch due.event {
      case .request(let request): _ = answer(request, fault: nil)
      case .event(let event): step(event, at: due.at)
      }
    }
    frame.advance(to: target)
  }

  /// What was asked for.
  package var log: RequestLog { frame.log }

  /// Every server that ever existed.
  package var ledger: BillingLedger { frame.ledger }

  /// The caller's instant at which something changes by itself; nil where nothing is planned.
  package var nextEvent: Int64? { frame.queue.next.map { $0 - frame.offset } }

  /// What the machine under the VMs has to do, in order; taken once.
  package mutating func takeCommands() -> [VMCommand] {
    defer { frame.commands = [] }
    return frame.commands
  }

  private mutating func carryOut(_ request: HTTPRequest, _ fault: Fault.Kind?) -> SimReply {
    let now = frame.now
    switch fault {
    case .dropUnread:
      return SimReply(problem(status: 503, code: "unavailable", message: "not read"), delivery: .droppedUnread)
    case .dropAnswer: return SimReply(answer(request, fault: nil), delivery: .droppedAnswer)
    case .respond(let status, let code, let message, let body, let headers, let execute):
      if execute { _ = answer(request, fault: nil) }
      var response = problem(status: status, code: code, message: message)
      if let body { response.body = Array(body.utf8) }
      response.headers.removeAll { old in headers.contains { $0.name == old.name } }
      response.headers += headers
      return SimReply(response)
    case .delay(let ms): return SimReply(answer(request, fault: nil), delay: ms)
    case .late(let ms):
      frame.queue.add(.request(request), at: now + ms)
      return SimReply(problem(status: 504, code: "timeout", message: "late"), delivery: .droppedAnswer)
    case .twice(let ms):
      let first = answer(request, fault: nil)
      frame.queue.add(.request(request), at: now + ms)
      settle(to: now - frame.offset)
      return SimReply(first)
    case .truncate(let bytes): return SimReply(answer(request, fault: nil), delivery: .truncated(bodyBytes: bytes))
    case .garbage:
      var response = answer(request, fault: nil)
      response.body = Array("<html><body>502 Bad Gateway</body></html>".utf8)
      return SimReply(response)
    case .extraFields:
      var response = answer(request, fault: nil)
      if let json = response.json { response.body = json.withExtraFields.bytes }
      return SimReply(response)
    case .stale(let ms):
      guard request.method == "GET" else { return SimReply(answer(request, fault: nil)) }
      let present = frame.world
      frame.world = frame.world(at: now - ms)
      let response = answer(request, fault: nil)
      frame.world = present
      return SimReply(response)
    case .deleteListed:
      let response = answer(request, fault: nil)
      vanishFirst(of: response)
      return SimReply(response)
    case .hidden, .createFails, .actionFails, .lock, .stockOut, .rateLimit, .revokeToken, .keepAddress, .ignore, .none:
      return SimReply(answer(request, fault: fault))
    }
  }
}

extension JSON {
  /// The value with a field that no client knows in every object of it.
  var withExtraFields: JSON {
    switch self {
    case .object(let members):
      let known = members.map { Member($0.name, $0.value.withExtraFields) }
      return .object([Member("x_sim_extra", ["nested": [1, .null, "text"]])] + known)
    case .array(let items): return .array(items.map(\.withExtraFields))
    default: return self
    }
  }
}
