import PluginMessages
import Wire

/// What the host makes of a plugin that was loaded, or was not; pure. Texts are for the operator: they name the
/// file, the plugin where it told its id, what was expected, what was found, and the remedy.
enum LoadCheck {
  /// Version of slipway_wire.h that this host speaks.
  static let wire = SLIPWAY_WIRE_VERSION

  /// Nil where the worker is one of this host's.
  static func fault(_ hello: WorkerHello, pid: Int32) -> String? {
    if hello.wire != wire {
      return "slipway-worker speaks wire version \(hello.wire), this host \(wire); install both from one build"
    }
    return Int64(hello.pid) == Int64(pid) ? nil : "HELLO says pid \(hello.pid), the worker is \(pid)"
  }

  /// The manifest of a plugin that may serve.
  /// - Parameter expected: the id that the file had before, if it ever served.
  static func accept(_ ready: WorkerReady, file: String, expected: String?) -> Result<CheckedManifest, LoadRefusal> {
    let name = "\(file) (plugin \(ready.id) \(ready.version))"
    guard ABIRange.host.contains(ready.chosen), ready.abi.contains(ready.chosen) else {
      return .failure(LoadRefusal("\(name): \(ranges(ready.abi)) and it chose \(ready.chosen); \(remedy(ready.abi))"))
    }
    let checked: CheckedManifest
    do throws(ManifestFault) {
      checked = try CheckedManifest(ready.manifest, id: ready.id, version: ready.version)
    } catch {
      return .failure(LoadRefusal("\(name): \(error); correct the manifest and rebuild the plugin"))
    }
    for verb in PluginVerb.allCases where verb != .power && !ready.has(verb) {
      return .failure(LoadRefusal("\(name): the verb \(verb.name) is missing; rebuild the plugin with it"))
    }
    if let expected, expected != ready.id {
      return .failure(
        LoadRefusal(
          "\(name): the file was plugin \(expected) before; expected the same id; put another plugin into a file of its own"
        ))
    }
    return .success(checked)
  }

  /// Whether a plugin's networking is what its worker was started for.
  enum Network: Sendable, Hashable {
    case fits
    /// It wants to do its own and may: its worker has to be started again, with that.
    case again
    case refused(String)
  }

  static func network(_ manifest: PluginManifest, isDirect: Bool, policy: SandboxPolicy) -> Network {
    guard manifest.network == "direct" else {
      return isDirect ? .refused("it said that it does its own networking, and now that it does not") : .fits
    }
    guard policy.direct.contains(manifest.id) else {
      return .refused(
        "it does its own networking, which the host cannot see or limit to approved origins; expected a brokered plugin; "
          + "where that is wanted, add \"\(manifest.id)\" to direct_plugins in the configuration")
    }
    return isDirect ? .fits : .again
  }

  /// The operator's text for REFUSED.
  /// - Parameter sandbox: what its worker reported, once it did.
  static func text(_ refused: WorkerRefused, file: String, stored: String, sandbox: SandboxReport?) -> String {
    // The worker knows the stored copy only; the operator dropped the file.
    var words = refused.text
    if words.hasPrefix(stored) { words = String(words.dropFirst(stored.count).drop { $0 == ":" || $0 == " " }) }
    switch refused.reason {
    case 4:
      let abi = refused.abi.map { "; \(ranges($0))" } ?? ""
      return "\(file): the plugin refused to run with this host: \(words)\(abi)"
    case UInt32(SLIPWAY_REFUSED_SANDBOX): return "\(file): \(sandbox?.refusal(kernel: KernelRelease.name) ?? words)"
    case 5:
      // A table without any version says 0.0, as one of a plugin that is too old.
      let abi = refused.abi ?? ABIRange(ABIVersion(0), ABIVersion(0))
      return "\(file): \(ranges(abi)); \(remedy(abi))"
    default: return "\(file): \(words)"
    }
  }

  private static func ranges(_ abi: ABIRange) -> String {
    "the plugin speaks plugin ABI \(abi), this host \(ABIRange.host)"
  }

  private static func remedy(_ abi: ABIRange) -> String {
    abi.newest < ABIRange.host.oldest
      ? "install a newer build of the plugin"
      : abi.oldest > ABIRange.host.newest
        ? "update the host, or install an older build of the plugin"
        : "the version that it chose is not one that both speak; report this to the plugin's vendor"
  }
}

/// Why a plugin that was loaded may not serve.
struct LoadRefusal: Error, Sendable, Hashable {
  let text: String
  init(_ text: String) { self.text = text }
}

/// The kernel that runs here.
enum KernelRelease {
  /// Such as `Linux 6.1.0-25-amd64`.
  static var name: String {
    let release = ProcessFile.text("/proc/sys/kernel/osrelease").filter { !$0.isWhitespace }
    return "Linux \(PlainText.line(release, limit: 64))"
  }
}
