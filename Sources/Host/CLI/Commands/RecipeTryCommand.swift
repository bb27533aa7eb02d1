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
      verdict = .success(try await wait(for: accepted))
    } catch { verdict = .failure(error) }
    if case .success(.detached) = verdict { return .detached }
    // Before anything is shown: whoever reads that may be gone. What the recipe wrote is kept here, not on the machine.
    if !line.has("keep") {
      _ = try await client.exchange("DELETE", "/v1/resources/\(accepted.resourceId)", as: AcceptedView.self)
    }
    try await showRun(of: accepted.resourceId)
    if !line.has("keep"), !isJSON {
      console.err("the machine is being ended: slipway resource watch \(accepted.resourceId)\n")
    }
    return try verdict.get()
  }

  /// What the run wrote, where there was one.
  private func showRun(of id: String) async throws(CommandFailure) {
    let resource = try await client.get("/v1/resources/\(id)", as: ResourceView.self).view
    guard !resource.runs.isEmpty else { return }
    if !isJSON { console.err("\n") }
    _ = try await resourceLogs(of: id)
  }
}
