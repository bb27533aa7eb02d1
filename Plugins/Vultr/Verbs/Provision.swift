import FoundationEssentials
public import PluginKit
public import PluginMessages

extension VultrProvisioner {
  /// Creates the instance, with one POST. Labels are not unique at Vultr: a POST is sent again only after a
  /// definite no.
  public func provision(_ request: ProvisionRequest, _ call: Call) throws(CloudFailure) -> ProvisionReply {
    let api = VultrAPI(call: call)
    if let id = request.externalId { return try existing(id, request, api) }
    guard let image = Int64(request.imageId) else {
      throw CloudFailure(
        .invalidSpec, "'\(request.imageId.prefix(40))' is no id of a Vultr operating system",
        remedy: "validate the offering again", mayExist: false,
        violations: [Violation(path: "placement.image", message: "expected a number")])
    }
    let key = Cookie(reading: request.cookie).key
    do {
      return try create(request, image, key: key, api)
    } catch  where error.mayBeAboutTheKey {
      guard let key, let renewed = try renewedKey(request, instead: key, api) else { throw error }
      return try create(request, image, key: renewed, api)
    }
  }

  /// The key object's id after a refusal that may be about it: Vultr says little more than `Bad request.`.
  ///
  /// nil when the object that prepare saw is still there: then the refusal is about something else.
  private func renewedKey(
    _ request: ProvisionRequest, instead old: String, _ api: VultrAPI
  ) throws(CloudFailure) -> String? {
    guard let text = request.sshPublicKeys.first else { return nil }
    let key = try InstallationKey(text, of: request.account)
    do {
      let keys = try api.list(SSHKey.self, "/ssh-keys")
      if keys.items[old] != nil { return nil }
      seenKeys.set(nil, of: key)
      let id = if let found = key.find(in: keys) { found } else { try key.ensure(api) }
      seenKeys.set(id, of: key)
      return id
    } catch {
      var failure = error
      failure.report.mayExist = false
      throw failure
    }
  }

  private func create(
    _ request: ProvisionRequest, _ image: Int64, key: String?, _ api: VultrAPI
  ) throws(CloudFailure) -> ProvisionReply {
    let network = PublicNetwork(request.placement.config)
    let body = NewInstance(
      region: request.placement.location, plan: request.placement.type, osID: image, label: request.name,
      hostname: request.name, tags: Tags.of(request), sshKeys: key.map { [$0] },
      userData: Data(request.userData.utf8).base64EncodedString(), enableIPv6: network.ipv6,
      disablePublicIPv4: network.ipv4 ? nil : true)
    let post = CloudRequest(
      .post, "/instances", headers: [.init("Content-Type", "application/json")], body: try JSON.encode(body))
    let created: Created
    do {
      created = try api.send(post)
    } catch {
      throw error.afterCreate
    }
    traffic.note(request.account.id, at: api.call.nowMs)
    let password = created.instance.defaultPassword.flatMap { $0.isEmpty ? nil : $0 }
    return ProvisionReply(
      externalId: created.instance.id, state: ObjectState.pending.rawValue,
      cookie: try Cookie(key: key, ipv4: network.ipv4).text(),
      secrets: password.map { [SealedSecret(name: "root_password", value: $0)] } ?? [],
      pollAfterMs: traffic.pace(request.account, at: api.call.nowMs).created)
  }

  private func existing(
    _ externalId: String, _ request: ProvisionRequest, _ api: VultrAPI
  ) throws(CloudFailure) -> ProvisionReply {
    guard let instance = try api.ours(externalId, attempt: request.attemptId) else {
      throw CloudFailure(
        .notFound, "Vultr has no instance \(externalId)", remedy: "none; the instance is gone", mayExist: false)
    }
    let known = Cookie(reading: request.cookie)
    let cookie = Cookie(key: known.key, ipv4: PublicNetwork(request.placement.config).ipv4)
    let state = instance.state(wantsIPv4: cookie.ipv4)
    return ProvisionReply(
      externalId: instance.id, state: state.rawValue, addresses: instance.addresses, cookie: try cookie.text(),
      pollAfterMs: state == .running
        ? Pace.steady : traffic.pace(request.account, at: api.call.nowMs).outstanding)
  }
}

/// Which public addresses an offering asks for.
struct PublicNetwork {
  var ipv4: Bool
  var ipv6: Bool

  /// Reads an offering's configuration; both unless it says otherwise.
  init(_ config: JSONValue) {
    ipv4 = config["public_ipv4"]?.bool ?? true
    ipv6 = config["public_ipv6"]?.bool ?? true
  }
}

/// Body of POST /instances.
private struct NewInstance: Encodable {
  var region: String
  var plan: String
  var osID: Int64
  var label: String
  var hostname: String
  var tags: [String]
  var sshKeys: [String]?
  /// Base64.
  var userData: String
  var enableIPv6: Bool
  /// Only together with IPv6; left out otherwise.
  var disablePublicIPv4: Bool?
  /// Vultr would mail the account's owner for each instance.
  var activationEmail = false
  /// Backups are billed.
  var backups = "disabled"
  var userScheme = "root"

  enum CodingKeys: String, CodingKey {
    case region, plan
    case osID = "os_id"
    case label, hostname, tags
    case sshKeys = "sshkey_id"
    case userData = "user_data"
    case enableIPv6 = "enable_ipv6"
    case disablePublicIPv4 = "disable_public_ipv4"
    case activationEmail = "activation_email"
    case backups
    case userScheme = "user_scheme"
  }
}

/// Answer to POST /instances: only a usable id must be there.
private struct Created: Decodable {
  var instance: Made

  struct Made: Decodable {
    var id: String
    /// Shown for about ten minutes: sealed by the host, never logged.
    var defaultPassword: String?

    enum CodingKeys: String, CodingKey {
      case id
      case defaultPassword = "default_password"
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      id = try VultrAPI.id(try members.decode(String.self, forKey: .id))
      // A password of another form is no reason to lose the id.
      defaultPassword = try? members.decodeIfPresent(String.self, forKey: .defaultPassword)
    }
  }
}

extension CloudFailure {
  /// Whether Vultr refused a create for what may be the SSH key object: a definite no, and nothing was made.
  fileprivate var mayBeAboutTheKey: Bool {
    guard report.mayExist == false, code == .invalidSpec, report.httpStatus != nil else { return false }
    let message = report.cloudMessage?.lowercased() ?? ""
    return ["ssh key", "sshkey", "ssh_key", "bad request"].contains { message.contains($0) }
  }

  /// What a failed create means: after a 5xx nobody knows, whatever its text says; and what the request
  /// names and Vultr does not find was not bought.
  fileprivate var afterCreate: CloudFailure {
    var failure = self
    if let status = report.httpStatus, status >= 500 {
      failure.code = .unknownOutcome
      failure.report.mayExist = true
      failure.report.remedy = "the host looks for what was made"
    } else if code == .notFound {
      failure.code = .invalidSpec
      failure.report.remedy = "validate the offering again: something that it names is gone"
    }
    return failure
  }
}
