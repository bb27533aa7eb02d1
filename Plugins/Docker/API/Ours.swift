import PluginKit
import PluginMessages

extension DockerAPI {
  /// The container of that whole id, once its label was read and is that attempt's; nil when it does not exist.
  ///
  /// Throws NAME_TAKEN for a container that is not ours: nothing may be done to it.
  func ours(_ externalId: String, attempt: String) throws(CloudFailure) -> Container? {
    let id = try ContainerID.check(externalId)
    guard let container = try find("/containers/\(id)/json", as: Container.self) else { return nil }
    guard container.id == id, container.belongs(to: attempt) else { throw Self.foreign(externalId, attempt) }
    return container
  }

  /// What is said of a container that does not carry an attempt's label.
  static func foreign(_ id: String, _ attempt: String) -> CloudFailure {
    CloudFailure(
      .nameTaken, "container \(id.prefix(12)) is not ours: it does not carry label \(Labels.attempt)=\(attempt)",
      remedy: "look at it: docker inspect \(id.prefix(12)); nothing was done to it", mayExist: false)
  }

  /// Everything of an installation, running or not: one request, no pages.
  func containers(_ installationId: String) throws(CloudFailure) -> ReadableItems<ListedContainer> {
    try send(CloudRequest(.get, "/containers/json", query: try Labels.listing(installationId), maxResponse: 16 << 20))
  }
}
