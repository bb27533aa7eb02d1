public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Containers that carry this installation's label, running or not.
  public func list(_ request: ListRequest, _ call: Call) throws(CloudFailure) -> ListReply {
    let settings = try EngineSettings(request.account)
    let containers = try ownEngine(request.account, call).containers(request.account.installationId)
    return ListReply(
      objects: containers.items.map { $0.listed(settings) }, total: containers.items.count + containers.unreadable,
      allPagesRead: containers.unreadable == 0)
  }
}

extension ListedContainer {
  fileprivate func listed(_ settings: EngineSettings) -> ListedObject {
    ListedObject(
      externalId: id, kind: "container", name: name ?? id, attemptId: labels?[Labels.attempt],
      operationId: labels?[Labels.operation], resourceId: labels?[Labels.resource],
      state: sight.judged(.running, nil, nil).0, createdAt: sight.createdAt, addresses: settings.addresses)
  }
}
