package import Model

/// Where and as whom to reach a VM.
package struct RemoteTarget: Sendable, Hashable {
  /// Address.
  package var host: String
  /// Port, 1 to 65535.
  package var port: Int
  /// The key with which the VM first presents itself, OpenSSH form.
  package var bootstrapKey: String
  /// The key that it made for itself, once known.
  package var newKey: String?
  /// The tenant's keys, which have to be in place.
  package var tenantKeys: [String]
}

/// Runs recipes on VMs. The real one runs slipway-ssh; a simulation answers in place.
package protocol RecipeRunning: Sendable {
  /// Begins a run, or goes on with one that was begun, and follows it to its end.
  func run(_ id: ULID, of resource: Resource, _ attempt: Attempt, on object: CloudObject) async -> EffectResult
  /// Ends a run that goes on, or keeps it from beginning.
  func cancel(_ id: ULID, of resource: Resource, on object: CloudObject) async -> EffectResult
  /// Removes what runs that have ended left on the VM.
  func tidy(_ resource: Resource, on object: CloudObject) async -> EffectResult
}

/// Reaches VMs over SSH. The real one runs slipway-ssh; a simulation answers in place.
package protocol RemoteShell: Sendable {
  /// Performs one step of securing a VM's host key.
  func secure(_ step: SecureStep, _ target: RemoteTarget) async -> EffectResult
}
