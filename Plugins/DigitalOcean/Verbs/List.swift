public import PluginKit
public import PluginMessages

extension DigitalOceanProvisioner {
  /// Droplets that carry this installation's tag, and SSH keys of its name: keys have no tags.
  ///
  /// GPU droplets are in a listing of their own, which knows no tag: all of them are read. A droplet shows its
  /// tags only once it runs; until then it is in no listing by tag.
  public func list(_ request: ListRequest, _ call: Call) throws(CloudFailure) -> ListReply {
    let api = DigitalOceanAPI(call: call)
    let tag = Tags.installation(request.account.installationId)
    let droplets = try api.list(Droplet.self, "/droplets", ["tag_name": tag])
    let gpus = try api.list(Droplet.self, "/droplets", ["type": "gpus"])
    let keys = try api.list(SSHKey.self, "/account/keys")
    let name = "slipway-\(request.account.installationId)"
    // One that both listings show counts once; one whose tags are hidden is in the listing by tag all the same.
    let ours = droplets.items.merging(gpus.items.filter { Tags.hold(tag, in: $0.value.tags) }) { shown, _ in shown }
    let ourKeys = keys.items.values.filter { $0.name == name }
    // A token that may not see tags cannot tell whose a GPU droplet is.
    let isTold = gpus.items.values.allSatisfy { $0.tags != nil }
    let isComplete = droplets.isComplete && gpus.isComplete && keys.isComplete && isTold
    return ListReply(
      objects: ours.values.map(\.listed) + ourKeys.map(\.listed),
      total: isComplete ? ours.count + ourKeys.count : nil, allPagesRead: isComplete)
  }
}

extension Droplet {
  fileprivate var listed: ListedObject {
    let ids = Tags.machine(in: tags)
    return ListedObject(
      externalId: String(id), kind: "server", name: name, attemptId: ids?.attempt, operationId: ids?.operation,
      resourceId: ids?.resource, state: state, createdAt: createdAt, addresses: addresses, type: sizeSlug,
      location: region?.slug)
  }
}

extension SSHKey {
  fileprivate var listed: ListedObject {
    ListedObject(externalId: String(id), kind: "ssh_key", name: name ?? "", state: .unknown)
  }
}
