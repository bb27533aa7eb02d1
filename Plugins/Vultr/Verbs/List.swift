public import PluginKit
public import PluginMessages

extension VultrProvisioner {
  /// Instances that carry this installation's tag, and SSH keys of its name: keys have no tags.
  ///
  /// No total is given: Vultr's may be a lookahead.
  public func list(_ request: ListRequest, _ call: Call) throws(CloudFailure) -> ListReply {
    let api = VultrAPI(call: call)
    let tag = Tags.installation(request.account.installationId)
    let instances = try api.listSurely(Instance.self, "/instances", ["tag": tag])
    let keys = try api.listSurely(SSHKey.self, "/ssh-keys")
    let name = "slipway-\(request.account.installationId)"
    return ListReply(
      objects: instances.listing.items.values.filter { ($0.tags ?? []).contains(tag) }.map(\.listed)
        + keys.listing.items.values.filter { $0.name == name }.map(\.listed),
      allPagesRead: instances.isComplete && keys.isComplete)
  }
}

extension Instance {
  fileprivate var listed: ListedObject {
    ListedObject(
      externalId: id, kind: "server", name: label ?? "", attemptId: Tags.attempt(in: tags),
      operationId: Tags.operation(in: tags), resourceId: Tags.resource(in: tags), state: state(),
      createdAt: createdAt, addresses: addresses, type: plan, location: region)
  }
}

extension SSHKey {
  fileprivate var listed: ListedObject {
    ListedObject(externalId: id, kind: "ssh_key", name: name ?? "", state: .unknown, createdAt: createdAt)
  }
}
