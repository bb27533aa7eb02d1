import Testing

@testable import Broker

@Suite struct ConsentTests {
  @Test(arguments: [
    ("https://api.example.com/v1", "https://api.example.com:443", "/v1"),
    ("https://API.Example.com:8443/", "https://api.example.com:8443", ""),
    ("http://127.0.0.1:2375/v1.41/", "http://127.0.0.1:2375", "/v1.41"),
    ("https://[2001:db8::1]:444/a/b", "https://[2001:db8::1]:444", "/a/b"), ("https://[::1]", "https://[::1]:443", ""),
  ])
  func `a base address is taken apart`(text: String, origin: String, path: String) throws {
    let base = try BaseAddress(text)
    #expect(base.origin.description == origin)
    #expect(base.path == path)
  }

  @Test(arguments: [
    "", "api.example.com", "ftp://a", "HTTPS://a", "https://", "https:///x", "https://user@a", "https://user:pw@a/",
    "https://a:0",
    "https://a:65536", "https://a:", "https://a:b", "https://a?x", "https://a/#x", "https://a/?x", "https://a b",
    "https://a/../b",
    "https://a\\b", "https://[::1", "https://[]", "https://[g::1]", "https://a//b/%2e%2e", "https://ä.example",
    "https://a\n",
  ])
  func `a base address that could mean something else is refused`(text: String) {
    #expect(throws: BrokerRefusal.self) { try BaseAddress(text) }
  }

  @Test func `plain http and Unix sockets come only from the operator`() throws {
    #expect(throws: BrokerRefusal.self) { try ApprovedEndpoint(baseURL: "http://127.0.0.1", auth: .none) }
    #expect(throws: BrokerRefusal.self) {
      try ApprovedEndpoint(baseURL: "https://localhost", auth: .none, unixSocket: "/run/x.sock")
    }
    #expect(throws: BrokerRefusal.self) {
      try ApprovedEndpoint(baseURL: "http://localhost", auth: .none, operatorSet: true, unixSocket: "x.sock")
    }
    #expect(throws: BrokerRefusal.self) { try ApprovedEndpoint(baseURL: "https://a", auth: .header("X:Y")) }
    _ = try ApprovedEndpoint(baseURL: "http://localhost", auth: .none, operatorSet: true, unixSocket: "/run/x.sock")
  }

  @Test(arguments: [
    ([127, 0, 0, 1], AddressRules.Kind.loopback), ([127, 255, 0, 1], .loopback), ([10, 1, 2, 3], .privateNetwork),
    ([172, 16, 0, 1], .privateNetwork), ([172, 32, 0, 1], .global), ([192, 168, 1, 1], .privateNetwork),
    ([100, 64, 0, 1], .privateNetwork), ([169, 254, 169, 254], .linkLocal), ([0, 0, 0, 0], .reserved),
    ([224, 0, 0, 1], .reserved), ([255, 255, 255, 255], .reserved), ([93, 184, 216, 34], .global),
    ([192, 0, 2, 1], .reserved),
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], .loopback),
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .reserved),
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1], .loopback),
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 169, 254, 169, 254], .linkLocal),
    ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1], .privateNetwork),
    ([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1], .privateNetwork),
    ([0x20, 0x02, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], .loopback),
    ([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], .privateNetwork),
    ([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], .linkLocal),
    ([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], .reserved),
    ([0x2a, 1, 4, 0xf8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], .global), ([1, 2, 3], .reserved),
  ])
  func `addresses are known for what they are`(bytes: [UInt8], kind: AddressRules.Kind) {
    #expect(AddressRules.kind(bytes.count == 16 ? .ipv6(bytes) : .ipv4(bytes)) == kind)
  }

  @Test func `only the operator's endpoints reach inside, and plain http only loopback`() throws {
    let manifest = try ApprovedEndpoint(baseURL: "https://api.example.com", auth: .none)
    let operators = try ApprovedEndpoint(baseURL: "https://api.example.com", auth: .none, operatorSet: true)
    let plain = try ApprovedEndpoint(baseURL: "http://api.example.com", auth: .none, operatorSet: true)
    let socket = try ApprovedEndpoint(
      baseURL: "http://api.example.com", auth: .none, operatorSet: true, unixSocket: "/run/a.sock")
    func allowed(_ bytes: [UInt8], _ endpoint: ApprovedEndpoint) -> Bool {
      AddressRules.refusal(.ipv4(bytes), endpoint: endpoint) == nil
    }
    for inside: [UInt8] in [[127, 0, 0, 1], [10, 0, 0, 1], [169, 254, 169, 254]] {
      #expect(!allowed(inside, manifest))
      #expect(allowed(inside, operators))
      #expect(allowed(inside, plain) == (inside[0] == 127))
      #expect(!allowed(inside, socket))
    }
    #expect(allowed([93, 184, 216, 34], manifest))
    #expect(!allowed([93, 184, 216, 34], plain))
    #expect(!allowed([0, 0, 0, 0], operators))
    #expect(AddressRules.refusal(.unix, endpoint: socket) == nil)
    #expect(AddressRules.refusal(.unix, endpoint: operators) != nil)
  }

  @Test func `no proxy applies unless the configuration names one, and then only to https over TCP`() throws {
    func proxy(_ base: String, _ proxy: String?) throws -> String {
      let endpoint = try ApprovedEndpoint(baseURL: base, auth: .none, operatorSet: true, proxy: proxy)
      let grant = AccountGrant(account: "a", endpoints: ["api": endpoint]) { _ in nil }
      return TransferPlan(
        try RequestRules.check(BrokerRequest(grant: grant, verb: .list, path: "/")), streamed: false
      ).proxy
    }
    #expect(try proxy("https://a", nil).isEmpty)
    #expect(try proxy("https://a", "http://proxy.example:3128") == "http://proxy.example:3128")
    #expect(try proxy("http://127.0.0.1", "http://proxy.example:3128").isEmpty)
  }

  @Test func `only reads that are not streamed may use HTTP/2, and only they share connections`() throws {
    let endpoint = try ApprovedEndpoint(baseURL: "https://a", auth: .none)
    let grant = AccountGrant(account: "a", endpoints: ["api": endpoint]) { _ in nil }
    for method in BrokerMethod.allCases {
      let checked = try RequestRules.check(
        BrokerRequest(grant: grant, verb: .terminate, method: method.rawValue, path: "/"))
      let plan = TransferPlan(checked, streamed: false)
      #expect(plan.ownConnection == !method.isRead)
      #expect(plan.mayUseHTTP2 == method.isRead)
      #expect(!TransferPlan(checked, streamed: true).mayUseHTTP2)
      #expect(TransferPlan(checked, streamed: true).acceptEncoding == nil)
    }
  }
}
