public import PluginKit
public import PluginMessages

extension HetznerProvisioner {
  /// Servers, SSH keys and primary IPs that carry this installation's label.
  public func list(_ request: ListRequest, _ call: Call) throws(CloudFailure) -> ListReply {
    let api = HetznerAPI(call: call)
    let ours: KeyValuePairs = ["label_selector": Labels.selector(request.account.installationId)]
    let servers = try api.list(Server.self, "/servers", ours)
    let keys = try api.list(SSHKey.self, "/ssh_keys", ours)
    let ips = try api.list(PrimaryIP.self, "/primary_ips", ours)
    let totals = [servers.total, keys.total, ips.total].compactMap { $0 }
    return ListReply(
      objects: servers.items.values.map(\.listed) + keys.items.values.map(\.listed) + ips.items.values.map(\.listed),
      total: totals.count == 3 ? totals.reduce(0) { $0.addingReportingOverflow($1).partialValue } : nil,
      allPagesRead: servers.isComplete && keys.isComplete && ips.isComplete)
  }
}

extension Server {
  fileprivate var listed: ListedObject {
    ListedObject(
      externalId: String(id), kind: "server", name: name, attemptId: labels?[Labels.attempt],
      operationId: labels?[Labels.operation], resourceId: labels?[Labels.resource], state: state,
      createdAt: createdAt, addresses: addresses, type: serverType?.name, location: location?.name,
      protected: isProtected)
  }
}

extension SSHKey {
  fileprivate var listed: ListedObject {
    ListedObject(
      externalId: String(id), kind: "ssh_key", name: name, state: .unknown,
      createdAt: created.flatMap(Instant.normalized))
  }
}

extension PrimaryIP {
  fileprivate var listed: ListedObject {
    ListedObject(
      externalId: String(id), kind: "address", name: name ?? ip ?? String(id), attemptId: labels?[Labels.attempt],
      operationId: labels?[Labels.operation], resourceId: labels?[Labels.resource], state: .unknown,
      createdAt: created.flatMap(Instant.normalized),
      addresses: type == "ipv6" ? Addresses(ipv6: ip) : Addresses(ipv4: ip), protected: protection?.delete ?? false)
  }
}
