public import PluginKit
public import PluginMessages

extension DigitalOceanProvisioner {
  /// Creates the droplet, with one POST. Names are not unique at DigitalOcean: a POST is sent again only after
  /// a definite no.
  public func provision(_ request: ProvisionRequest, _ call: Call) throws(CloudFailure) -> ProvisionReply {
    let api = DigitalOceanAPI(call: call)
    if let id = request.externalId { return try existing(id, request, api) }
    guard request.userData.utf8.count <= 65_536 else {
      throw CloudFailure(
        .invalidSpec, "user_data has \(request.userData.utf8.count) bytes; DigitalOcean takes 65536",
        remedy: "let the script be fetched, or moved into a recipe", mayExist: false,
        violations: [Violation(path: "user_data", message: "more than 65536 bytes")])
    }
    // Without a key DigitalOcean would make a root password and mail it.
    let key = try InstallationKey(request.sshPublicKeys.first ?? "", of: request.account)
    do {
      return try create(request, key, api)
    } catch  where error.isAboutTheKey {
      // A definite no, and nothing was made: the key object that prepare saw is not there any more.
      seenKeys.set(nil, of: key)
      seenKeys.set(try key.ensure(api), of: key)
    }
    do {
      return try create(request, key, api)
    } catch  where error.isAboutTheKey {
      var failure = error
      failure.code = .busy
      failure.report.message = "DigitalOcean has the key \(key.fingerprint), but makes no droplet with it yet"
      failure.report.remedy = "none; the host asks again"
      throw failure
    }
  }

  private func create(
    _ request: ProvisionRequest, _ key: InstallationKey, _ api: DigitalOceanAPI
  ) throws(CloudFailure) -> ProvisionReply {
    let options = Options(request.placement.config)
    let body = NewDroplet(
      name: request.name, region: request.placement.location, size: request.placement.type,
      image: Int64(request.imageId).map(NewDroplet.Reference.id) ?? .slug(request.imageId),
      sshKeys: [key.fingerprint], userData: request.userData, tags: Tags.of(request), ipv6: options.ipv6,
      monitoring: options.monitoring, agent: options.agent)
    let post = CloudRequest(
      .post, "/droplets", headers: [.init("Content-Type", "application/json")], body: try JSON.encode(body))
    let created: Created
    do {
      created = try api.send(post)
    } catch  where error.code == .notFound {
      // A size, image or region that does not exist: nothing was made, and nothing will be.
      var failure = error
      failure.code = .invalidSpec
      failure.report.remedy = "validate the offering again: something that it names is gone"
      throw failure
    }
    traffic.note(request.account.id, at: api.call.nowMs)
    let cookie = Cookie(create: created.action, gpu: Size.isGPU(request.placement.type))
    return ProvisionReply(
      externalId: String(created.droplet), state: ObjectState.pending.rawValue, cookie: try cookie.text(),
      pollAfterMs: traffic.pace(request.account, at: api.call.nowMs).created)
  }

  private func existing(
    _ externalId: String, _ request: ProvisionRequest, _ api: DigitalOceanAPI
  ) throws(CloudFailure) -> ProvisionReply {
    guard let droplet = try api.ours(externalId, attempt: request.attemptId, named: request.name) else {
      throw CloudFailure(
        .notFound, "DigitalOcean has no droplet \(externalId)", remedy: "none; the droplet is gone", mayExist: false)
    }
    var cookie = Cookie(reading: request.cookie)
    cookie.gpu = Size.isGPU(request.placement.type)
    return ProvisionReply(
      externalId: String(droplet.id), state: droplet.state.rawValue, addresses: droplet.addresses,
      cookie: try cookie.text(),
      pollAfterMs: droplet.state == .running
        ? Pace.steady : traffic.pace(request.account, at: api.call.nowMs).outstanding)
  }
}

/// Body of POST /v2/droplets.
private struct NewDroplet: Encodable {
  /// An image's number or slug.
  enum Reference: Encodable {
    case id(Int64)
    case slug(String)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .id(let id): try container.encode(id)
      case .slug(let slug): try container.encode(slug)
      }
    }
  }

  var name: String
  var region: String
  var size: String
  var image: Reference
  /// Fingerprints.
  var sshKeys: [String]
  var userData: String
  var tags: [String]
  var ipv6: Bool
  var monitoring: Bool
  var agent: Bool
  /// Backups are billed.
  var backups = false

  enum CodingKeys: String, CodingKey {
    case name, region, size, image
    case sshKeys = "ssh_keys"
    case userData = "user_data"
    case tags, ipv6, monitoring
    case agent = "with_droplet_agent"
    case backups
  }
}

/// Answer to POST /v2/droplets: only a usable id must be there.
private struct Created: Decodable {
  /// The droplet's id.
  var droplet: Int64
  /// The action that makes it, where it is named.
  var action: Int64?

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    droplet = try members.decode(Made.self, forKey: .droplet).id
    guard droplet > 0 else {
      throw DecodingError.dataCorruptedError(forKey: .droplet, in: members, debugDescription: "no id")
    }
    let links = try? members.decodeIfPresent(Links.self, forKey: .links)
    action = links?.actions?.items.first { $0.rel == "create" }?.id
  }

  enum CodingKeys: String, CodingKey {
    case droplet, links
  }

  private struct Made: Decodable { var id: Int64 }
  private struct Links: Decodable { var actions: ReadableItems<Link>? }

  private struct Link: Decodable {
    var id: Int64
    var rel: String?
  }
}

extension CloudFailure {
  /// Whether DigitalOcean refused a create because of the SSH key object.
  fileprivate var isAboutTheKey: Bool {
    guard report.mayExist == false, code == .invalidSpec || code == .notFound else { return false }
    let message = report.cloudMessage?.lowercased() ?? ""
    return ["key identifier", "ssh key", "ssh_key"].contains { message.contains($0) }
  }
}
