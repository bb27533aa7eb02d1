import Control

extension Session {
  func catalog() async throws(CommandFailure) -> ExitCode {
    let part = line.operand("PART")
    let conditions = line.option("where")
    do throws(ControlFailure) { _ = try CatalogSelection(part: part, where: conditions) } catch {
      var failure = error
      failure.message = "--\(failure.message)"
      if failure.violations?.first?.path == "part" {
        failure.message = "there is no \(Secrecy.shown(part)) in a catalog"
      }
      throw CommandFailure(failure)
    }
    let query = ControlTarget.query([("part", part), ("where", conditions)])
    let answer = try await client.exchange(
      "GET", Self.path("accounts", line.operand("ACCOUNT"), "/catalog\(query)"), timeout: .seconds(120),
      as: CatalogView.self)
    show(answer) { CatalogText.table($0, colours: console.colours) }
    return .ok
  }
}
