import PluginMessages

/// An operating system that Vultr installs, and the name by which offerings know it.
///
/// Vultr names it for people, `Debian 12 x64 (bookworm)`, and by a number that says nothing. Offerings
/// name the same thing as on other clouds: `debian-12`, `ubuntu-24.04`, `rocky-9`, `centos-stream-9`.
struct OperatingSystem: Listed {
  static let root = "os"

  var id: Int64
  var name: String
  var arch: String
  var family: String

  /// Kinds of installation in the list that are no operating systems.
  private static let others: Set<String> = ["iso", "snapshot", "backup", "application"]

  /// Families that other clouds call otherwise.
  private static let families = [
    "rockylinux": "rocky", "almalinux": "alma", "archlinux": "arch", "alpinelinux": "alpine",
  ]

  /// Architectures by Vultr's names and by ours.
  private static let architectures = ["x64": "x86_64", "arm64": "arm64"]

  /// Words of a name that tell nothing more.
  private static let empty: Set<String> = ["linux", "container", "x64", "x32", "i386", "x86", "arm64", "64-bit"]

  /// Whether it is an operating system at all.
  var isInstallable: Bool { !Self.others.contains(family) }

  /// `x86_64` or `arm64`; one that we do not know stays as it is.
  var architecture: String { Self.architectures[arch] ?? arch }

  /// As offerings name it: family, qualifiers, version, edition.
  var image: String {
    let words = name.lowercased().split(separator: " ").map(String.init)
      .filter { !$0.hasPrefix("(") && !Self.empty.contains($0) }
    let version = words.firstIndex { $0.first?.isNumber ?? false }
    let letters = family.lowercased().filter { $0.isLetter || $0.isNumber }
    let before = words[..<(version ?? words.endIndex)].filter { !letters.contains($0) }
    var after = version.map { Array(words[($0 + 1)...]) } ?? []
    // Of Ubuntu's versions the long-term ones are the usual ones; CentOS Stream is a distribution.
    after.removeAll { $0 == "lts" }
    let isStream = after.contains("stream")
    after.removeAll { $0 == "stream" }
    let parts = [Self.families[family] ?? family.lowercased()] + before + (isStream ? ["stream"] : [])
    return (parts + [version.map { words[$0] }].compactMap { $0 } + after).joined(separator: "-")
  }
}
