public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Makes the container, puts its files in and starts it; or goes on where an earlier call for this attempt ended.
  ///
  /// From the moment that the engine named the container its id is returned, whatever fails after that: a container
  /// that was not started is `incomplete`, and the host calls again to finish it.
  public func provision(_ request: ProvisionRequest, _ call: Call) throws(CloudFailure) -> ProvisionReply {
    let settings = try EngineSettings(request.account)
    let boot = try FirstBoot(userData: request.userData, keys: request.sshPublicKeys)
    let api = try ownEngine(request.account, call)
    if let id = request.externalId {
      guard let container = try api.ours(id, attempt: request.attemptId) else {
        throw CloudFailure(
          .notFound, "Docker has no container \(id.prefix(12))", remedy: "none; the container is gone", mayExist: false)
      }
      return try finish(container, boot, settings, api, adopted: false)
    }
    let (options, violations) = ContainerOptions.read(request.placement.config, at: "placement.config")
    try CloudFailure.check(violations, remedy: "correct the offering")
    if options.network != nil {
      // Validated before; but a name that is no network any more is taken by the engine for the beginning of an id.
      let misfit = options.misfit(among: try api.networkNames(), at: "placement.config")
      try CloudFailure.check(misfit.map { [$0] } ?? [], remedy: "correct the offering: `slipway offering validate`")
    }
    guard let type = MachineType(request.placement.type) else {
      throw CloudFailure(
        .invalidSpec, "'\(request.placement.type)' is no size: expected c<vCPUs>-m<MiB>",
        remedy: "validate the offering again", mayExist: false)
    }
    do {
      let body = NewContainer(request, type, options, settings, boot)
      let id = try create(body, request, api)
      return try reply(id, start(id, boot, api), settings, adopted: false)
    } catch  where error.code == .nameTaken {
      return try finish(try adopt(request, after: error, api), boot, settings, api, adopted: true)
    }
  }

  /// Creates the container; an image that is gone since prepare is pulled once more.
  private func create(
    _ body: NewContainer, _ request: ProvisionRequest, _ api: DockerAPI
  ) throws(CloudFailure) -> String {
    let post = CloudRequest(
      .post, "/containers/create", query: ["name": request.name],
      headers: [.init("Content-Type", "application/json")], body: try JSON.encode(body))
    var created: Created
    do {
      created = try api.send(post)
    } catch  where error.code == .notFound {
      // "No such image": a definite no, and nothing was made.
      try api.ensure(try ImageReference(offered: request.imageId))
      created = try api.send(post)
    }
    for warning in (created.warnings ?? []).prefix(5) {
      api.call.log(.warning, "Docker on \(request.name): \(warning)")
    }
    guard ContainerID.isWhole(created.id) else {
      throw CloudFailure(
        .unknownOutcome, "Docker named the new container by something else than 64 hexadecimal digits",
        remedy: "none; the host looks for it by its label", mayExist: true)
    }
    return created.id
  }

  /// The name exists. It is ours when the label says so; an earlier request for this attempt made it.
  private func adopt(
    _ request: ProvisionRequest, after refusal: CloudFailure, _ api: DockerAPI
  ) throws(CloudFailure) -> Container {
    var failure = refusal
    let found: Container?
    do {
      found = try api.find("/containers/\(PercentEncoding.encode(request.name))/json", as: Container.self)
    } catch {
      // The outcome hangs on this look.
      failure = error
      failure.code = .unknownOutcome
      failure.report.mayExist = true
      throw failure
    }
    guard let found, found.name == "/\(request.name)", ContainerID.isWhole(found.id) else {
      failure.code = .unknownOutcome
      failure.report.message = "the name \(request.name) is taken, but Docker does not show the container yet"
      failure.report.remedy = "none; the host looks again"
      failure.report.mayExist = true
      throw failure
    }
    guard found.belongs(to: request.attemptId) else { throw DockerAPI.foreign(found.id, request.attemptId) }
    return found
  }

  /// Finishes what an earlier call began. Files are put in only before the first start: later ones are the container's.
  private func finish(
    _ container: Container, _ boot: FirstBoot, _ settings: EngineSettings, _ api: DockerAPI, adopted: Bool
  ) throws(CloudFailure) -> ProvisionReply {
    let progress: Progress =
      switch container.state?.status {
      case .created?: start(container.id, boot, api)
      default: Progress(state: .running, cookie: Cookie(.starting))
      }
    return try reply(container.id, progress, settings, adopted: adopted)
  }

  /// How far a container came.
  private struct Progress {
    var state: ObjectState
    var cookie: Cookie
  }

  /// Puts the files in and starts the container. Does not throw: the container exists, and its id has to be told.
  private func start(_ id: String, _ boot: FirstBoot, _ api: DockerAPI) -> Progress {
    do {
      try api.exchange(
        CloudRequest(
          .put, "/containers/\(id)/archive", query: ["path": "/"],
          headers: [.init("Content-Type", "application/x-tar")], body: boot.archive(at: api.call.nowMs / 1_000)))
      try api.exchange(CloudRequest(.post, "/containers/\(id)/start"))
      return Progress(state: .running, cookie: Cookie(.starting))
    } catch {
      api.call.log(.warning, "container \(id.prefix(12)) was made and not started: \(error.report.message)")
      guard error.isFinal else { return Progress(state: .incomplete, cookie: Cookie(.starting)) }
      let said = error.report.cloudMessage ?? error.report.message
      return Progress(state: .failed, cookie: Cookie(.starting, failure: said))
    }
  }

  private func reply(
    _ id: String, _ progress: Progress, _ settings: EngineSettings, adopted: Bool
  ) throws(CloudFailure) -> ProvisionReply {
    ProvisionReply(
      externalId: id, state: progress.state.rawValue, addresses: settings.addresses,
      cookie: try progress.cookie.text(), pollAfterMs: progress.state == .incomplete ? 1_000 : 0, adopted: adopted)
  }
}

extension CloudFailure {
  /// Whether a start that failed so will fail again: the image has no SSH server, the network does not exist.
  fileprivate var isFinal: Bool {
    switch code {
    case .invalidSpec, .forbidden, .unsupported: true
    case .notFound: report.cloudMessage?.lowercased().contains("no such container") != true
    default: false
    }
  }
}

/// Answer to POST /containers/create.
private struct Created: Decodable {
  var id: String
  var warnings: [String]?

  enum CodingKeys: String, CodingKey {
    case id = "Id"
    case warnings = "Warnings"
  }
}
