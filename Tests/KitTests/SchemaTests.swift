import Foundation
import PluginMessages
import Testing

/// Every message, with every field set, so that a field that a schema forgot is found.
private enum Sample {
  static let ulid = "01J0000000000000000000000A"
  static let account = AccountContext(id: "a", installationId: "i", settings: .object(["x": .integer(1)]))
  static let placement = PlacementSpec(type: "t", location: "l", image: "i", config: .object(["x": .bool(true)]))
  static let price = Price(
    hourly: "0.01", monthly: "5", currency: "EUR", net: true, granularityS: 3600, minimumS: 60, monthlyCap: "5")
  static let addresses = Addresses(ipv4: "192.0.2.1", ipv6: "2001:db8::1")
  static let failure = FailureReport(
    message: "m", remedy: "r", httpStatus: 422, cloudCode: "c", cloudMessage: "m", correlationId: "x", mayExist: true,
    retryAfterMs: 5, scope: "s", limit: "l", violations: [Violation(path: "p", message: "m", allowed: ["a"])])
  static let observation = ObjectObservation(
    externalId: "1", state: .running, createdAt: "2026-01-01T00:00:00Z", addresses: addresses,
    ssh: SSHEndpoint(host: "h", port: 22, hostKey: "k"), error: "e")
  static let manifest = PluginManifest(
    id: "x", name: "X", version: "1.0.0", vendor: "v", license: "MIT", capabilities: ["power"],
    settingsSchema: .object([:]), offeringSchema: .object([:]),
    endpoints: [
      ManifestEndpoint(name: "api", baseUrl: "https://x", unixSocket: false, auth: AuthScheme(.header, name: "x"))
    ],
    routes: ["poll": [RouteTemplate(method: "GET", path: "/x")]], postReads: ["/q"],
    rate: RateBudget(perHour: 1, perSecond: 1, limitHeader: "a", remainingHeader: "b", resetHeader: "c"),
    maxConcurrency: 2, maxPollBatch: 9, settleWindowS: 1, lateWindowS: 2, uniqueNames: true, network: "brokered",
    sshUser: "root")
  static let validated = ValidatedPlacement(
    index: 0, type: "t", location: "l", imageId: "1", architecture: "x86_64", vcpu: 1, memoryMb: 1, diskGb: 1,
    price: price, warnings: ["w"])
  static let provision = ProvisionRequest(
    account: account, attemptId: ulid, operationId: ulid, resourceId: ulid, name: "n", tags: ["a": "b"],
    placement: placement, imageId: "1", architecture: "x86_64", sshPublicKeys: ["k"], userData: "u", cookie: "c",
    externalId: "1")
  static let result = PollResult(
    attemptId: ulid, observations: [observation], scope: .byName, allPagesRead: true, cookie: "c", pollAfterMs: 1,
    failureCode: "BUSY", failure: failure)
  static let object = ListedObject(
    externalId: "1", kind: "server", name: "n", attemptId: "a", operationId: "o", resourceId: "r", state: .running,
    createdAt: "2026-01-01T00:00:00Z", addresses: addresses, type: "t", location: "l", protected: true)
  static let type = CatalogType(
    name: "t", description: "d", vcpu: 1, memoryMb: 1, diskGb: 1, architecture: "arm64",
    offers: [CatalogOffer(location: "l", available: true, price: price, deprecatedAfter: "2026-01-01T00:00:00Z")])

  static let all: [(name: String, message: any Codable & Sendable)] = [
    ("manifest", manifest), ("failure", failure),
    ("validate.request", ValidateRequest(account: account, placements: [placement])),
    ("validate.reply", ValidateReply(placements: [validated])),
    ("prepare.request", PrepareRequest(account: account, placement: placement, installationKey: "k")),
    ("prepare.reply", PrepareReply(cookie: "c")), ("provision.request", provision),
    (
      "provision.reply",
      ProvisionReply(
        externalId: "1", state: "pending", addresses: addresses, cookie: "c",
        secrets: [SealedSecret(name: "n", value: "v")], pollAfterMs: 1, adopted: true)
    ),
    (
      "poll.request",
      PollRequest(
        account: account,
        entries: [PollEntry(attemptId: ulid, name: "n", externalId: "1", expect: "absent", cookie: "c")])
    ),
    ("poll.reply", PollReply(results: [result], pages: 2)),
    (
      "terminate.request",
      TerminateRequest(account: account, attemptId: ulid, name: "n", externalId: "1", cookie: "c")
    ),
    ("terminate.reply", TerminateReply(state: "gone", cookie: "c", pollAfterMs: 1)),
    ("list.request", ListRequest(account: account)),
    ("list.reply", ListReply(objects: [object], total: 1, allPagesRead: true)),
    ("catalog.request", CatalogRequest(account: account)),
    (
      "catalog.reply",
      CatalogReply(
        types: [type], locations: [CatalogLocation(name: "l", city: "c", country: "DE")],
        images: [CatalogImage(name: "i", id: "1", architecture: "arm64", deprecatedAfter: "2026-01-01T00:00:00Z")])
    ),
    ("self_test.request", SelfTestRequest(account: account, installationKey: "k")),
    (
      "self_test.reply",
      SelfTestReply(
        accountIdentity: "i", credentialValid: true, canWrite: true, scopes: ["s"], quotaLeft: ["q": 1],
        apiVersion: "v1", sourceAddress: "192.0.2.1")
    ),
    (
      "power.request",
      PowerRequest(account: account, attemptId: ulid, name: "n", externalId: "1", action: "stop", cookie: "c")
    ),
    ("power.reply", PowerReply(state: .stopped, cookie: "c", pollAfterMs: 1)),
  ]
}

@Suite struct SchemaTests {
  @Test(arguments: Sample.all.map(\.name))
  func `A message with every field is what its schema describes, no more and no less`(name: String) throws {
    let schema = try Schema(name)
    let message = try #require(Sample.all.first { $0.name == name }).message
    let value = try json(message)
    #expect(schema.violations(of: value) == [])
    #expect(Set(value.keys) == Set(schema.properties.keys))
  }

  @Test(arguments: Sample.all.map(\.name))
  func `A field may be missing exactly when its schema does not require it`(name: String) throws {
    let schema = try Schema(name)
    let message = try #require(Sample.all.first { $0.name == name }).message
    for field in schema.properties.keys {
      var value = try json(message)
      value[field] = nil
      let isRead = reads(message, value)
      #expect(isRead == !schema.required.contains(field), "\(name) without \(field)")
    }
  }

  @Test(arguments: Sample.all.map(\.name))
  func `An unknown field is ignored`(name: String) throws {
    let message = try #require(Sample.all.first { $0.name == name }).message
    var value = try json(message)
    value["a_field_of_the_future"] = [1, ["x": NSNull()]]
    let isRead = reads(message, value)
    #expect(isRead)
  }

  @Test func `Every schema file belongs to a message`() throws {
    let folder = Repository.root.appendingPathComponent("docs/abi").path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
    #expect(Set(files) == Set(Sample.all.map { "\($0.name).json" }))
  }

  @Test func `Every failure code is in the schema of a poll`() throws {
    let text = try Repository.text("docs/abi/poll.reply.json")
    for code in FailureCode.allCases { #expect(text.contains("\"\(code.name)\"")) }
  }

  private func json(_ message: any Encodable) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: try JSONEncoder().encode(message)) as? [String: Any])
  }

  private func reads<Message: Codable>(_ message: Message, _ value: [String: Any]) -> Bool {
    guard let data = try? JSONSerialization.data(withJSONObject: value) else { return false }
    return (try? JSONDecoder().decode(Message.self, from: data)) != nil
  }
}
