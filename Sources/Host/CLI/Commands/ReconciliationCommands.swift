import Control

extension Session {
  func sweep() async throws(CommandFailure) -> ExitCode {
    var names = line.operands["ACCOUNT"] ?? []
    if line.has("all") {
      guard names.isEmpty else {
        throw .usage("--all and an account contradict each other", remedy: "give one of them")
      }
      names = try await client.get("/v1/accounts", as: ListView<AccountView>.self).view.items.map(\.name)
    } else if names.isEmpty {
      throw .usage("sweep needs an account", expected: "ACCOUNT or --all", found: "neither")
    }
    var views: [SweepView] = []
    for name in names {
      let answer = try await client.exchange(
        "POST", Self.path("accounts", name, "/sweep\(line.has("apply") ? "?apply=true" : "")"),
        timeout: .seconds(180), as: SweepView.self)
      views.append(answer.view)
      if !isJSON { console.out(FindingText.sweep(answer.view, colours: console.colours)) }
    }
    if isJSON { console.out(Self.pretty(ControlCoding.encode(ListView(items: views)))) }
    return views.allSatisfy { $0.findings.isEmpty && $0.problem == nil } ? .ok : .unhealthy
  }

  func findingList() async throws(CommandFailure) -> ExitCode {
    let query = ControlTarget.query([
      ("account", line.option("account")), ("kind", line.option("kind")),
      ("status", line.has("all") ? nil : "open"),
    ])
    let answer = try await client.get("/v1/findings\(query)", as: ListView<CloudFindingView>.self)
    show(answer) { FindingText.list($0.items, colours: console.colours) }
    return .ok
  }

  func findingShow() async throws(CommandFailure) -> ExitCode {
    let id = try await findingID(line.operand("FINDING"))
    show(try await client.get("/v1/findings/\(id)", as: CloudFindingView.self)) {
      FindingText.show($0, colours: console.colours)
    }
    return .ok
  }

  func findingDismiss() async throws(CommandFailure) -> ExitCode {
    let id = try await findingID(line.operand("FINDING"))
    show(try await client.exchange("POST", "/v1/findings/\(id)/dismiss", as: CloudFindingView.self)) {
      FindingText.show($0, colours: console.colours)
    }
    return .ok
  }

  func adopt() async throws(CommandFailure) -> ExitCode {
    let id = try await findingID(line.operand("ID"))
    let query = ControlTarget.query([("tenant", line.option("tenant"))])
    show(try await client.exchange("POST", "/v1/findings/\(id)/adopt\(query)", as: AcceptedView.self)) {
      "resource \($0.resourceId)\noperation \($0.operationId)\n"
    }
    return .ok
  }

  func release() async throws(CommandFailure) -> ExitCode {
    let id = try await resourceID()
    show(try await client.exchange("POST", "/v1/resources/\(id)/release", as: AcceptedView.self)) {
      "resource \($0.resourceId) is released; its machine goes on running and costing\n"
    }
    return .ok
  }

  func backup() async throws(CommandFailure) -> ExitCode {
    let body = ControlCoding.encode(["path": InputFile.absolute(line.operand("FILE"))])
    let answer = try await client.exchange(
      "POST", "/v1/backup", body: body, timeout: .seconds(180), as: BackupView.self)
    show(answer) {
      "ledger copied to \(Plain.text($0.path)); the key that seals its secrets is not in it: keep that apart\n"
    }
    return .ok
  }

  func epochShow() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get("/v1/epoch", as: EpochView.self)
    show(answer) { FindingText.epoch($0, colours: console.colours) }
    return answer.view.confirmedAt == nil ? .unhealthy : .ok
  }

  func epochConfirm() async throws(CommandFailure) -> ExitCode {
    show(try await client.exchange("POST", "/v1/epoch/confirm", as: EpochView.self)) {
      FindingText.epoch($0, colours: console.colours)
    }
    return .ok
  }

  /// The id of the finding that a person means: a part of it, or the cloud's id of its object.
  private func findingID(_ text: String) async throws(CommandFailure) -> String {
    if ResourceReference.isWhole(text) { return text.uppercased() }
    let all = try await client.get("/v1/findings", as: ListView<CloudFindingView>.self).view.items
    let objects = all.filter { $0.object == text && $0.status != "resolved" }
    if objects.count == 1, let only = objects.first { return only.id }
    let wanted = text.uppercased()
    let fits = wanted.isEmpty ? [] : all.map(\.id).filter { $0.hasPrefix(wanted) || $0.hasSuffix(wanted) }
    guard fits.count == 1, let id = fits.first else {
      throw CommandFailure(
        ControlFailure(
          .notFound, "\(Secrecy.shown(text)) fits \(fits.count) findings",
          expected: "enough of an id to be the only one",
          remedy: "`slipway finding list --all` shows the ids"))
    }
    return id
  }
}
