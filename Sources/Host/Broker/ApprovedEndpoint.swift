/// One service of an account, as the operator approved it; the broker talks to nothing else.
package struct ApprovedEndpoint: Sendable, Hashable {
  /// Where it answers, and the path in front of every request's path.
  package let base: BaseAddress
  /// Path of the Unix socket that carries the connection; nil for TCP. Only the operator gives one.
  package let unixSocket: String?
  /// How the credential is put on a request.
  package let auth: CredentialScheme
  /// Whether the operator typed the address: only then may it be loopback, private, link-local or plain http.
  package let operatorSet: Bool
  /// File with the only certificate authorities to trust here; nil for the system's.
  package let caFile: String?
  /// Proxy from the configuration, such as `http://proxy.example:3128`; nil for none. Used for https over TCP only;
  /// the environment's proxies never apply. The proxy resolves the name, so addresses cannot be checked behind it.
  package let proxy: String?

  /// Makes an endpoint. Refuses plain http and Unix sockets that the operator did not set, and relative file names.
  package init(
    baseURL: String,
    auth: CredentialScheme,
    operatorSet: Bool = false,
    unixSocket: String? = nil,
    caFile: String? = nil,
    proxy: String? = nil
  ) throws(BrokerRefusal) {
    base = try BaseAddress(baseURL)
    self.unixSocket = unixSocket
    self.auth = auth
    self.operatorSet = operatorSet
    self.caFile = caFile
    self.proxy = base.origin.scheme == .https && unixSocket == nil ? proxy : nil
    guard operatorSet || base.origin.scheme == .https else {
      throw BrokerRefusal(
        .endpoint, "endpoint \(base.origin): plain http is allowed only to loopback, where the operator set the address"
      )
    }
    guard operatorSet || unixSocket == nil else {
      throw BrokerRefusal(.endpoint, "endpoint \(base.origin): a Unix socket path comes only from the operator")
    }
    for file in [unixSocket, caFile].compactMap(\.self)
    where file.utf8.first != UInt8(ascii: "/") || file.utf8.contains(0) {
      throw BrokerRefusal(
        .endpoint, "endpoint \(base.origin): expected an absolute file name, found \"\(shown(file))\"")
    }
    if let unixSocket, unixSocket.utf8.count > 107 {
      throw BrokerRefusal(.endpoint, "endpoint \(base.origin): a Unix socket path has at most 107 bytes")
    }
    for name in auth.names where name.isEmpty || !name.utf8.allSatisfy(HeaderRules.isTokenByte) {
      throw BrokerRefusal(.endpoint, "endpoint \(base.origin): \"\(shown(name))\" cannot name a header or query member")
    }
  }
}

extension ApprovedEndpoint {
  /// Why no connection to the address in the endpoint's own text will be made, in a sentence; nil where one may be, and
  /// where the host is a name, whose addresses show only when it is used.
  package var refusalOfLiteral: String? {
    guard unixSocket == nil, let address = AddressRules.Address(literal: base.origin.host) else { return nil }
    return AddressRules.refusal(address, endpoint: self)
  }
}

extension CredentialScheme {
  /// The header's or query member's name, where the scheme has one.
  fileprivate var names: [String] {
    switch self {
    case .header(let name), .query(let name): [name]
    case .none, .bearer, .basic, .awsSigV4: []
    }
  }
}
