import CLinux

/// The process's memory.
package enum Heap {
  /// Gives what is free back to the kernel, as after something large was read once. Milliseconds for each 100 MB.
  package static func giveBack() { _ = malloc_trim(0) }
}
