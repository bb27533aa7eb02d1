package import Control
import Core
import Model

extension Backend {
  /// Gives out what the cloud insisted on, once: it is forgotten before it is shown.
  package func revealSecrets(_ text: String) async throws(ControlFailure) -> [SecretView] {
    guard let id = ULID(text) else { throw notFound("resource", text, among: []) }
    let answer = await pump.ask(.reveal(id))
    guard case .secrets(let sealed) = answer else {
      _ = try accepted(answer, text, replayed: false)
      return []
    }
    do {
      return try sealed.map { SecretView(name: $0.name, value: try vault.open($0, of: id)) }
    } catch {
      throw ControlFailure(.internal, "a secret of resource \(id) cannot be opened: \(error)")
    }
  }

  /// Ends the recipe that runs on a resource.
  package func cancelRun(_ text: String) async throws(ControlFailure) -> AcceptedView {
    guard let id = ULID(text) else { throw notFound("resource", text, among: []) }
    return try accepted(await pump.ask(.cancelRun(id)), text, replayed: false)
  }
}
