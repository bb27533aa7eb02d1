import Control
import EngineFixture
import Foundation
import HTTP
import Synchronization
import System
import Testing

/// An owner's webhook, told by a real host of a provision that a simulated cloud refused.
@Suite struct NoticeTests {
  private final class Receiver: Sendable {
    let got = Mutex<[HTTPRequest]>([])
    let bell = AsyncStream<Void>.makeStream()
    private let server = Mutex<HTTPServer?>(nil)

    /// Answers 500 to the first request, and 204 to the others; gives its address.
    func start() throws -> String {
      guard let address = SocketAddress("127.0.0.1", port: 0) else { throw ScratchError("no address") }
      let server = try HTTPServer(.tcp(address), on: Child.reactor) { [self] request, _ in
        let count = got.withLock {
          $0.append(request)
          return $0.count
        }
        bell.continuation.yield()
        return .whole(HTTPResponse(status: count == 1 ? 500 : 204))
      }
      self.server.withLock { $0 = server }
      guard case .tcp(let bound) = server.endpoint else { throw ScratchError("not bound") }
      return "http://127.0.0.1:\(bound.port)/hook?key=1"
    }

    func stop() async { await server.withLock { $0 }?.stop() }
  }

  private func header(_ name: String, _ request: HTTPRequest) -> String {
    request.headers.first { $0.name.lowercased() == name }?.value ?? ""
  }

  @Test(.timeLimit(.minutes(5)))
  func `a provision that failed is told to the webhook of the owner, signed, and again after an answer of 500`()
    async throws
  {
    let scratch = try Scratch()
    _ = try scratch.plugins("libHetzner.so")
    let cloud = try await SimulatedCloud()
    let host = try await ServedHost(scratch, configuration: "{notify: {allow_private: true}}")
    try await host.setUp(cloud)
    let receiver = Receiver()
    let url = try receiver.start()
    var new = NewOffering(
      name: "dear",
      placements: [PlacementView(account: "main", type: "nonesuch", location: "fsn1", image: "debian-12")],
      readiness: "cloud")
    new.notify = NewNotify(webhook: url, secret: Credential("open sesame"))
    let added = try #require(await host.ask("POST", "/v1/offerings", new, as: OfferingView.self)).get()
    #expect(added.notify == NotifyView(webhook: url, isSigned: true))
    let accepted = try #require(
      await host.ask(
        "POST", "/v1/resources", NewResource(offering: "dear", tenant: "joe"), key: "one", as: AcceptedView.self)
    ).get()
    let ended = try #require(await host.rest(accepted.resourceId))

    var bells = receiver.bell.stream.makeAsyncIterator()
    await bells.next()
    await bells.next()
    let requests = receiver.got.withLock { $0 }
    for (index, request) in requests.enumerated() {
      #expect(request.method == "POST" && request.path == "/hook" && request.query == "key=1")
      #expect(header("slipway-attempt", request) == "\(index + 1)")
      let signature = header("slipway-signature", request).split(separator: ",").map { $0.split(separator: "=") }
      let stamp = String(try #require(signature.first?.last))
      let file = "\(scratch.path)/signed-\(index)"
      try Data(Array("\(stamp).".utf8) + request.body).write(to: URL(filePath: file))
      let digest = try await scratch.run("/usr/bin/openssl", "dgst", "-sha256", "-hmac", "open sesame", file)
      let code = String(try #require(signature.last?.last))
      #expect(digest.trimmingCharacters(in: .whitespacesAndNewlines).hasSuffix(code) && code.utf8.count == 64)
      let body = try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
      #expect(body["kind"] as? String == "provision_failed" && body["offering"] as? String == "dear")
      #expect(body["tenant"] as? String == "joe" && body["attempt"] as? Int == index + 1)
      #expect(body["resource_id"] as? String == accepted.resourceId)
      #expect(body["id"] as? String == header("slipway-notice-id", request))
      let failure = body["failure"] as? [String: Any]
      #expect((failure?["message"] as? String)?.contains("nonesuch") == true, "\(body) \(ended)")
    }
    // It was delivered: a restart brings nothing again.
    await host.end()
    let again = try await ServedHost(scratch, configuration: "{notify: {allow_private: true}}")
    #expect(await again.ask("GET", "/v1/offerings/dear", as: OfferingView.self) != nil)
    await again.end()
    #expect(receiver.got.withLock { $0.count } == 2)
    await receiver.stop()
  }
}
