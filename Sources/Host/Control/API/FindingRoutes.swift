import HTTP
import Model

extension ControlRoutes {
  /// Sweeps and findings.
  mutating func addFindings() {
    let backend = backend
    on("POST", "/v1/accounts/{name}/sweep", query: ["apply"]) { call throws(ControlFailure) in
      let applying = try call.truth("apply") ?? false
      return .whole(ControlAPI.json(try await backend.sweep(call.parameter("name"), applying: applying)))
    }
    on("GET", "/v1/findings", query: ["account", "kind", "status"]) { call throws(ControlFailure) in
      let filter = FindingFilter(
        account: call.request.query("account"),
        kind: try known(call.request.query("kind"), "kind", CloudFinding.Kind.allCases.map(\.rawValue)),
        status: try known(call.request.query("status"), "status", CloudFinding.Status.allCases.map(\.rawValue)))
      return .whole(ControlAPI.json(ListView(items: try await backend.findings(filter))))
    }
    on("GET", "/v1/findings/{id}") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.finding(call.parameter("id").uppercased())))
    }
    on("POST", "/v1/findings/{id}/dismiss") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.dismissFinding(call.parameter("id").uppercased())))
    }
    on("POST", "/v1/findings/{id}/adopt", query: ["tenant"]) { call throws(ControlFailure) in
      let tenant = call.request.query("tenant") ?? ""
      guard tenant.utf8.count <= 200, tenant.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
      else {
        throw Members.bad(
          "query member tenant", "cannot be used", expected: "at most 200 bytes in one line",
          found: Members.shown(tenant))
      }
      return .whole(
        ControlAPI.json(try await backend.adopt(call.parameter("id").uppercased(), tenant: tenant), status: 202))
    }
    on("POST", "/v1/backup", takesBody: true) { call throws(ControlFailure) in
      let path = try RequestDecoding.backup(call.request.body)
      return .whole(ControlAPI.json(try await backend.backup(to: path), status: 201))
    }
    on("GET", "/v1/epoch") { _ throws(ControlFailure) in .whole(ControlAPI.json(try await backend.epoch())) }
    on("POST", "/v1/epoch/confirm") { _ throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.confirmEpoch()))
    }
    on("POST", "/v1/resources/{id}/release") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.release(call.parameter("id").uppercased()), status: 202))
    }
  }
}

private func known(_ text: String?, _ name: String, _ allowed: [String]) throws(ControlFailure) -> String? {
  guard let text, !allowed.contains(text) else { return text }
  throw Members.bad(
    "query member \(name)", "is not known", expected: allowed.joined(separator: ", "), found: Members.shown(text),
    allowed: allowed)
}
