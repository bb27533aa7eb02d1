import PluginMessages

/// A size of container, by name: `c2-m4096` has 2 vCPUs and 4096 MiB of memory.
struct MachineType: Sendable, Hashable {
  /// vCPUs, 1 to 9999.
  let vcpu: Int
  /// Memory in MiB, 32 to 99999999.
  let memoryMb: Int

  /// Least memory in MiB with which an SSH server can be logged in to.
  static let leastMemory = 32

  init(vcpu: Int, memoryMb: Int) {
    self.vcpu = vcpu
    self.memoryMb = memoryMb
  }

  /// Reads a name; nil where it is none.
  init?(_ name: String) {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let vcpu = Self.number(parts[0], after: "c", digits: 4),
      let memory = Self.number(parts[1], after: "m", digits: 8), vcpu > 0, memory >= Self.leastMemory
    else { return nil }
    self.init(vcpu: vcpu, memoryMb: memory)
  }

  private static func number(_ text: Substring, after prefix: String, digits: Int) -> Int? {
    guard text.hasPrefix(prefix) else { return nil }
    let number = text.dropFirst(prefix.count)
    guard (1...digits).contains(number.utf8.count), number.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      number.utf8.first != UInt8(ascii: "0")
    else { return nil }
    return Int(number)
  }

  /// Its name.
  var name: String { "c\(vcpu)-m\(memoryMb)" }

  /// The sizes that the catalog shows of an engine: any other that fits can be asked for too.
  static func ladder(upTo cpus: Int, memoryMb: Int) -> [MachineType] {
    var types: [MachineType] = []
    for vcpu in [1, 2, 4, 8, 16, 32, 64] where vcpu <= cpus {
      for each in [512, 1_024, 2_048, 4_096] where each * vcpu <= memoryMb {
        types.append(MachineType(vcpu: vcpu, memoryMb: each * vcpu))
      }
    }
    return types
  }
}
