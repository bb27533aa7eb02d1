extension DigitalOceanRoute {
  /// Scopes that a token needs for a request, as `security` in digitalocean-v2.json names them.
  func scopes(_ method: String) -> [String] {
    switch (self, method) {
    case (.account, _): ["account:read"]
    case (.keys, "POST"): ["ssh_key:create"]
    case (.keys, _), (.key, "GET"): ["ssh_key:read"]
    case (.key, "DELETE"): ["ssh_key:delete"]
    case (.key, _): ["ssh_key:update"]
    case (.droplets, "POST"): ["droplet:create"]
    case (.droplets, "DELETE"), (.droplet, "DELETE"): ["droplet:delete"]
    case (.dropletActions, "POST"): ["droplet:update"]
    case (.droplets, _), (.droplet, _), (.dropletActions, _), (.dropletAction, _): ["droplet:read"]
    case (.actions, _), (.action, _): ["actions:read"]
    case (.sizes, _): ["sizes:read", "regions:read"]
    case (.regions, _): ["regions:read"]
    case (.images, _), (.image, _): ["image:read"]
    }
  }
}

extension DigitalOceanCall {
  /// Refuses a request for which the token lacks a scope.
  func demand(_ wanted: [String]) throws(DigitalOceanError) {
    if !wanted.allSatisfy(allows) { throw .forbidden }
  }

  /// Whether the token has a scope; one without a list of scopes has all.
  func allows(_ scope: String) -> Bool { scopes?.contains(scope) ?? true }

  /// A droplet without the fields that the token may not read: absent, not empty.
  func visible(_ droplet: JSON) -> JSON {
    var droplet = droplet
    for (field, scope) in [("tags", "tag:read"), ("image", "image:read"), ("vpc_uuid", "vpc:read")]
    where !allows(scope) { droplet[field] = nil }
    return droplet
  }
}
