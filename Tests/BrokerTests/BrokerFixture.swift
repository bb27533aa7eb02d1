import Foundation
import Synchronization
import Testing

@testable import Broker

/// A token that must never appear anywhere but in the request to the approved service.
let testToken = "tok-3f9c1e77aa20"

/// A broker whose reports are kept.
final class BrokerFixture: Sendable {
  let broker: HTTPBroker
  private let kept: Kept
  private let recordStream: AsyncStream<BrokerRecord>

  private final class Kept: Sendable {
    let records = Mutex<[BrokerRecord]>([])
    let heads = Mutex<[BrokerHead]>([])
    let passages = Mutex<[BrokerPassage]>([])
  }

  init(
    gate: @escaping @Sendable (BrokerGateQuestion) -> BrokerGateAnswer = { _ in .go },
    clock: BrokerClock = .system,
    configure: (inout BrokerConfiguration) -> Void = { _ in }
  ) throws {
    let kept = Kept()
    let (stream, continuation) = AsyncStream.makeStream(of: BrokerRecord.self)
    var hooks = BrokerHooks()
    hooks.gate = gate
    hooks.onHead = { head in kept.heads.withLock { $0.append(head) } }
    hooks.record = { record in
      kept.records.withLock { $0.append(record) }
      continuation.yield(record)
    }
    hooks.onPassage = { passage in kept.passages.withLock { $0.append(passage) } }
    var configuration = BrokerConfiguration()
    configure(&configuration)
    broker = try HTTPBroker(configuration: configuration, hooks: hooks, clock: clock)
    self.kept = kept
    recordStream = stream
  }

  var records: [BrokerRecord] { kept.records.withLock { $0 } }
  var heads: [BrokerHead] { kept.heads.withLock { $0 } }
  var passages: [BrokerPassage] { kept.passages.withLock { $0 } }

  /// The next record.
  func nextRecord() async -> BrokerRecord? {
    for await record in recordStream { return record }
    return nil
  }
}

/// An account whose endpoint `api` is a server of this test.
func localGrant(
  _ port: UInt16, account: String = "acc-1", auth: CredentialScheme = .bearer, base: String = "/v1",
  credential: String? = testToken, unixSocket: String? = nil, perSecond: Int? = nil
) throws -> AccountGrant {
  let endpoint = try ApprovedEndpoint(
    baseURL: "http://127.0.0.1:\(port)\(base)", auth: auth, operatorSet: true, unixSocket: unixSocket)
  return AccountGrant(account: account, endpoints: ["api": endpoint], perSecond: perSecond) { _ in
    credential.map { Array($0.utf8) }
  }
}

extension BrokerOutcome {
  var answer: BrokerAnswer? { if case .answered(let answer) = self { answer } else { nil } }
  var notSent: NotSent? { if case .notSent(let why) = self { why } else { nil } }
  var noAnswer: (reason: String, status: Int?)? {
    if case .sentNoAnswer(let reason, let status) = self { (reason, status) } else { nil }
  }
}

extension BrokerAnswer {
  var text: String { String(decoding: body, as: UTF8.self) }
}

/// A folder of the test's own, removed when it is let go.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = "/tmp/slipway-broker-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Something that threads count down and a test waits for.
final class Gate: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let semaphore = DispatchSemaphore(value: 0)

  init() { (stream, continuation) = AsyncStream.makeStream() }

  /// Opens the gate for one waiter of each kind.
  func open() {
    continuation.yield()
    semaphore.signal()
  }

  /// Waits in a task.
  func wait() async { for await _ in stream { return } }

  /// Waits in a server's thread, at most 20 s.
  func block() { _ = semaphore.wait(timeout: .now() + 20) }
}
