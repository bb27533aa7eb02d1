import Crypto
package import Model
package import Remote
import RemoteProtocol
import System

/// Reaches VMs by slipway-ssh.
package struct SSHShell: RemoteShell {
  private let session: SSHSession
  private let vault: Vault
  private let warn: @Sendable (String) -> Void

  /// Makes a shell that logs in as the installation; `warn` is told of what an operator should look at, on any thread.
  package init(session: SSHSession, vault: Vault, warn: @escaping @Sendable (String) -> Void = { _ in }) {
    self.session = session
    self.vault = vault
    self.warn = warn
  }

  /// Performs one step of securing a VM's host key.
  package func secure(_ step: SecureStep, _ target: RemoteTarget) async -> EffectResult {
    guard let address = SocketAddress(target.host, port: UInt16(clamping: target.port)) else {
      return .refused(Failure(.internal, "the cloud gave \(target.host), which is no address"))
    }
    let accepted: [String] =
      switch step {
      case .gather, .rotate: [target.bootstrapKey] + [target.newKey].compactMap(\.self)
      case .confirm, .leave: [target.newKey].compactMap(\.self)
      }
    let script =
      switch step {
      case .gather: HostKeyRotation.gather
      case .rotate: HostKeyRotation.rotate
      case .confirm: HostKeyRotation.confirm
      case .leave: AccessRemoval.script(key: Base64.encode(vault.publicKeyBlob)) ?? "exit 1\n"
      }
    let vault = vault
    let result = await session.run(
      SSHRun(
        address: address, user: "root",
        acceptedHostKeys: accepted.compactMap { try? Ed25519PublicKey(openSSH: $0).blob },
        clientKey: vault.publicKeyBlob, sign: { (try? vault.sign($0)) ?? [] }, command: "sh -s",
        input: Array(script.utf8), timeout: .seconds(30)))
    return outcome(result, step, target)
  }

  private func outcome(_ result: RemoteResult, _ step: SecureStep, _ target: RemoteTarget) -> EffectResult {
    switch result.ending {
    case .exited(0): return judge(step, target, result.output)
    case .hostKeyMismatch(let blob):
      let found = (try? Ed25519PublicKey(bytes: Array(blob.suffix(32))).fingerprint) ?? "a key of another kind"
      return .refused(
        Failure(
          .hostKeyMismatch, "\(target.host) presented \(found), which is not the host key of this VM",
          remedy: "nothing was sent to it; if this lasts, somebody else answers at that address"))
    case .exited(let code): return .refused(Failure(.internal, complaint(step, code, result)))
    case .signaled(let name): return .refused(Failure(.internal, "\(step.rawValue) was ended by SIG\(name)"))
    case .authenticationRefused(let text): return .refused(Failure(.forbidden, "login refused: \(text)"))
    case .runnerFailed(let text):
      let failure = Failure(
        .unavailable, "\(target.host) was not asked: \(text)",
        remedy: "see that slipway-ssh is the one that came with this slipway, and what the system's log says of it")
      warn("\(failure.message); \(failure.remedy ?? "")")
      return .notSent(failure)
    case .notConnected(let text), .handshakeFailed(let text), .channelRefused(let text), .connectionLost(let text):
      return .notSent(Failure(.unavailable, "\(target.host): \(text)"))
    case .noGreeting: return .notSent(Failure(.unavailable, "\(target.host): no SSH greeting in time"))
    case .timedOut(let what): return .notSent(Failure(.unavailable, "\(target.host): no answer to \(what) in time"))
    }
  }

  private func judge(_ step: SecureStep, _ target: RemoteTarget, _ output: [UInt8]) -> EffectResult {
    switch step {
    case .gather:
      guard let text = HostKeyRotation.newKey(in: output), let key = try? Ed25519PublicKey(openSSH: text) else {
        return .refused(Failure(.internal, "the VM printed no host key"))
      }
      return .secured(newHostKey: key.openSSH())
    case .rotate, .leave: return .secured(newHostKey: nil)
    case .confirm:
      do throws(HostKeyRotation.Problem) {
        try HostKeyRotation.check(output, newKey: target.newKey ?? "", tenantKeys: target.tenantKeys)
        return .secured(newHostKey: nil)
      } catch { return .refused(Failure(.internal, Believed.text(error.description))) }
    }
  }

  private func complaint(_ step: SecureStep, _ code: Int32, _ result: RemoteResult) -> String {
    let tail = Believed.text(String(decoding: result.error.suffix(300), as: UTF8.self))
    return switch (step, code) {
    case (.rotate, HostKeyRotation.notGathered): "the VM has no new host key to change to"
    case (.rotate, HostKeyRotation.notReloaded):
      "no sshd was found on the VM that could be told to take the new host key"
    default: "\(step.rawValue) ended with exit code \(code): \(tail)"
    }
  }
}
