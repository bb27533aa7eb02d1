public import PluginKit
public import PluginMessages

extension HetznerProvisioner {
  /// Creates the server, with one POST, or returns the one that this attempt made already.
  public func provision(_ request: ProvisionRequest, _ call: Call) throws(CloudFailure) -> ProvisionReply {
    let api = HetznerAPI(call: call)
    if let id = request.externalId { return try existing(id, request, api) }
    guard request.userData.utf8.count <= 32_768 else {
      throw CloudFailure(
        .invalidSpec, "user_data has \(request.userData.utf8.count) bytes; Hetzner takes 32768",
        remedy: "let the script be fetched, or moved into a recipe", mayExist: false,
        violations: [Violation(path: "user_data", message: "more than 32768 bytes")])
    }
    let key = Cookie(reading: request.cookie).key
    do {
      return try create(request, key: key, api)
    } catch  where error.code == .nameTaken {
      return try adopt(request, after: error, api)
    } catch  where key != nil && error.isAboutTheKey {
      // A definite no, and nothing was made: the key object that prepare saw is not there any more.
      guard let text = request.sshPublicKeys.first else { throw error }
      let known = try InstallationKey(text, of: request.account)
      seenKeys.set(nil, of: known)
      let id = try known.ensure(api)
      seenKeys.set(id, of: known)
      do {
        return try create(request, key: id, api)
      } catch  where error.code == .nameTaken {
        return try adopt(request, after: error, api)
      }
    }
  }

  private func create(
    _ request: ProvisionRequest, key: Int64?, _ api: HetznerAPI
  ) throws(CloudFailure) -> ProvisionReply {
    let body = NewServer(
      name: request.name, serverType: request.placement.type, location: request.placement.location,
      image: Int64(request.imageId).map(NewServer.Reference.id) ?? .name(request.imageId),
      sshKeys: key.map { [$0] }, userData: request.userData, labels: Labels.of(request),
      publicNet: PublicNetwork(request.placement.config))
    let post = CloudRequest(
      .post, "/servers", headers: [.init("Content-Type", "application/json")], body: try JSON.encode(body))
    let created: Created
    do {
      created = try api.send(post)
    } catch  where error.code == .notFound {
      // A type, image or location that does not exist: nothing was made, and nothing will be.
      var failure = error
      failure.code = .invalidSpec
      failure.report.remedy = "validate the offering again: something that it names is gone"
      throw failure
    }
    // Hetzner makes a root password only when no key is given.
    let secrets = [created.rootPassword].compactMap { $0 }.filter { !$0.isEmpty }
      .map { SealedSecret(name: "root_password", value: $0) }
    let actions = ([created.action].compactMap { $0 } + (created.nextActions ?? [])).map(\.id)
    var cookie = Cookie(key: key, phase: actions.isEmpty ? nil : .create, actions: actions)
    cookie.remember(created.server)
    traffic.note(request.account.id, at: api.call.nowMs)
    return ProvisionReply(
      externalId: String(created.server.id), state: ObjectState.pending.rawValue,
      addresses: created.server.addresses, cookie: try cookie.text(), secrets: secrets,
      pollAfterMs: traffic.pace(request.account, at: api.call.nowMs).created)
  }

  /// The name exists. It is ours when the label says so; an earlier request for this attempt made it.
  private func adopt(
    _ request: ProvisionRequest, after refusal: CloudFailure, _ api: HetznerAPI
  ) throws(CloudFailure) -> ProvisionReply {
    let found = try looked { () throws(CloudFailure) in try api.servers(named: request.name) }
    guard let server = found.items.values.first(where: { $0.name == request.name }) else {
      var failure = refusal
      failure.code = .unknownOutcome
      failure.report.message = "a server named \(request.name) exists, but Hetzner does not show it yet"
      failure.report.remedy = "none; the host looks again"
      failure.report.mayExist = true
      throw failure
    }
    guard server.belongs(to: request.attemptId) else {
      var failure = refusal
      failure.report.message =
        "server \(server.id) is named \(request.name) and does not carry label \(Labels.attempt)=\(request.attemptId)"
      failure.report.mayExist = false
      throw failure
    }
    return try reply(server, request, adopted: true, api)
  }

  /// A look after a create whose outcome hangs on it: when it fails, the outcome is unknown.
  private func looked<Value>(_ look: () throws(CloudFailure) -> Value) throws(CloudFailure) -> Value {
    do {
      return try look()
    } catch {
      var failure = error
      failure.code = .unknownOutcome
      failure.report.mayExist = true
      throw failure
    }
  }

  private func existing(
    _ externalId: String, _ request: ProvisionRequest, _ api: HetznerAPI
  ) throws(CloudFailure) -> ProvisionReply {
    let server = try api.ours(externalId, attempt: request.attemptId)
    guard let server else {
      throw CloudFailure(
        .notFound, "Hetzner has no server \(externalId)", remedy: "none; the server is gone", mayExist: false)
    }
    return try reply(server, request, adopted: false, api)
  }

  private func reply(
    _ server: Server, _ request: ProvisionRequest, adopted: Bool, _ api: HetznerAPI
  ) throws(CloudFailure) -> ProvisionReply {
    ProvisionReply(
      externalId: String(server.id), state: server.state.rawValue, addresses: server.addresses,
      cookie: try Cookie(key: Cookie(reading: request.cookie).key).text(),
      pollAfterMs: server.state == .running
        ? Pace.steady : traffic.pace(request.account, at: api.call.nowMs).outstanding, adopted: adopted)
  }
}

/// Body of POST /servers.
private struct NewServer: Encodable {
  /// Hetzner's own client sends ids as numbers and names as text (hcloud-go, IDOrName).
  enum Reference: Encodable {
    case id(Int64)
    case name(String)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .id(let id): try container.encode(id)
      case .name(let name): try container.encode(name)
      }
    }
  }

  var name: String
  var serverType: String
  var location: String
  var image: Reference
  var sshKeys: [Int64]?
  var userData: String
  var labels: [String: String]
  var publicNet: PublicNetwork
  var startAfterCreate = true

  enum CodingKeys: String, CodingKey {
    case name
    case serverType = "server_type"
    case location, image
    case sshKeys = "ssh_keys"
    case userData = "user_data"
    case labels
    case publicNet = "public_net"
    case startAfterCreate = "start_after_create"
  }
}

/// Answer to POST /servers: only the id must be there.
private struct Created: Decodable {
  var server: Server
  var action: Action?
  var nextActions: [Action]?
  var rootPassword: String?

  enum CodingKeys: String, CodingKey {
    case server, action
    case nextActions = "next_actions"
    case rootPassword = "root_password"
  }
}

extension CloudFailure {
  /// Whether Hetzner refused a create because of the SSH key object.
  fileprivate var isAboutTheKey: Bool {
    guard code == .invalidSpec || code == .notFound else { return false }
    let named = (report.violations ?? []).contains { $0.path.hasPrefix("ssh_") }
    let message = report.cloudMessage?.lowercased() ?? ""
    return named || message.contains("ssh key") || message.contains("ssh_key")
  }
}
