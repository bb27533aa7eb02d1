import Control

extension Session {
  /// Provisions, runs, shows, and ends the machine. The machine has its expiry from the moment it is accepted, so that it
  /// ends also where this command does not come back.
  func recipeTry() async throws(CommandFailure) -> ExitCode {
    var keys: [String] = []
    for path in line.all("ssh-key") {
      keys += try Self.publicKeys(try InputFile.read(path, what: "public key file", limit: 65_536), file: path)
    }
    let name = try recipeName("RECIPE")
    let body = NewResource(
      offering: line.option("offering") ?? "", tenant: line.option("tenant") ?? "", sshKeys: keys,
      expiresInS: try seconds("expires-in") ?? 3_600, inputs: try givenInputs(), trial: "\(name)",
      maxHourly: try amount("max-price"))
    let accepted = try await client.exchange(
      "POST", "/v1/resources", body: ControlCoding.encode(body), headers: [("idempotency-key", Self.freshKey())],
      as: AcceptedView.self
    ).view
    if !isJSON { console.out("resource \(accepted.resourceId)\n") }
    let verdict: Result<ExitCode, CommandFailure>
    do throws(CommandFailure) {
      guard try await showRuns(of: accepted) else { return detached(accepted.resourceId) }
      verdict = .success(try await wait(for: accepted))
    } catch { verdict = .failure(error) }
    if case .success(.detached) = verdict { return .detached }
    if !line.has("keep") {
      _ = try await client.exchange("DELETE", "/v1/resources/\(accepted.resourceId)", as: AcceptedView.self)
    }
    // For programs in one piece, when all is known.
    if isJSON { _ = try await resourceLogs(of: accepted.resourceId) }
    if !line.has("keep"), !isJSON {
      console.err("the machine is being ended: slipway resource watch \(accepted.resourceId)\n")
    }
    return try verdict.get()
  }

  /// Shows what the recipe writes, while it writes it, until the order is decided; false where Ctrl-C ended the watching.
  private func showRuns(of accepted: AcceptedView) async throws(CommandFailure) -> Bool {
    guard !isJSON else { return true }
    var shown = 0
    while true {
      let known = shown
      let event = try await follow(accepted.resourceId) { event in
        Self.isDecided(event, accepted) || event.resource.runs.count > known
      }
      guard let event else { return false }
      guard event.view.resource.runs.count > shown else { return true }
      shown = event.view.resource.runs.count
      console.err("\n")
      guard try await followLog(of: accepted.resourceId) != .detached else { return false }
    }
  }
}
