package import Control
import Core
import Model
import PluginMessages

extension Backend {
  /// What testing a credential showed.
  struct TestedCredential {
    var reply: SelfTestReply
    /// Whether the cloud let it change something.
    var didWrite = false

    /// What identifies the cloud account; nil: the cloud cannot tell.
    var identity: String? { reply.accountIdentity.map { Believed.text($0, most: 200) } }
  }

  /// Tests a credential; `purpose` begins the failure's sentence. With `preparing`, makes our own mark where the cloud
  /// has nothing to tell accounts by.
  func tested(
    _ record: AccountRecord, preparing: Bool, _ purpose: String
  ) async throws(ControlFailure) -> TestedCredential {
    func asked() async throws(ControlFailure) -> SelfTestReply {
      switch await accounts.selfTest(record) {
      case .success(let reply): return reply
      case .failure(let failure): throw refused(failure, purpose)
      }
    }
    var result = TestedCredential(reply: try await asked())
    if preparing, result.reply.accountIdentity == nil {
      switch await accounts.prepareIdentity(record) {
      case .success(let didWrite): result.didWrite = didWrite
      case .failure(let failure): throw refused(failure, purpose)
      }
      result.reply = try await asked()
    }
    guard result.reply.credentialValid else {
      throw ControlFailure(
        .unauthenticated, "\(purpose): the cloud does not accept the credential",
        remedy: "make a new one in the cloud's console, with read and write access")
    }
    return result
  }

  private func refused(_ failure: Failure, _ purpose: String) -> ControlFailure {
    var shown = ControlFailure(failure)
    shown.message = "\(purpose): \(failure.message)"
    return shown
  }

  /// Puts another credential in the place of an account's.
  package func rotateAccount(_ name: String, to credential: Credential) async throws(ControlFailure) -> AccountView {
    let old = try await knownAccount(name)
    guard old.endpoints.values.contains(where: { $0.auth.kind != .none }) else {
      throw ControlFailure(
        .invalidSpec, "account \(name) has no credential to replace: none of its endpoints takes one")
    }
    var new = old
    new.credential = try await stored {
      try vault.sealCredential(Array(credential.exposed.utf8), of: name)
    }
    let purpose = "the credential of account \(name) was not replaced"
    do throws(ControlFailure) {
      let found = try await tested(new, preparing: false, purpose)
      guard found.identity == old.identity else {
        throw ControlFailure(
          .forbidden, "\(purpose): the new one is for another cloud account than the one that was added",
          expected: old.identity ?? "no identity, as when it was added", found: found.identity ?? "nothing of ours",
          remedy: "use a credential of the same cloud account; another one is added under a name of its own: "
            + "`slipway account add NAME --plugin \(old.plugin)`. If what the account is known by was replaced at the cloud: "
            + "`slipway account pin \(name)`, then this again")
      }
      let final = new
      try await stored { try await registry.replace(old, by: final) }
      pump.send(.credentialReplaced(name))
      accounts.settle(final, .success(found.reply), isNew: true)
    } catch {
      // The plugin may have remembered what it saw with the refused one; and the old one's state is worth knowing.
      if let account = await registry.account(name) { await accounts.check(account) }
      throw error
    }
    return await view(new)
  }
}
