/// Whose turn it is to be loaded: one image at a time, none while too many generations drain, and always the newest
/// file; pure.
package struct ReloadTurn: Sendable, Hashable {
  /// Where it stands; each state lists what may follow.
  package enum Phase: Sendable, Hashable {
    /// Nothing is asked for. `reading`, `held`.
    case idle
    /// The file is being read. `reading` (again), `loading`, `idle`.
    case reading
    /// The file is being read, and has changed since. `reading`.
    case readingOld
    /// An image loads or is being examined. `reading`, `idle`.
    case loading
    /// Asked for, but as many generations drain as may. `reading`.
    case held
  }

  /// Where it stands.
  package private(set) var phase = Phase.idle

  /// Makes an idle one.
  package init() {}

  /// A reload is wanted. True where the file is to be read now: an image that is loading is given up for it.
  package mutating func ask(draining: Int, most: Int) -> Bool {
    switch phase {
    case .idle, .loading, .held:
      phase = draining < most ? .reading : .held
      return phase == .reading
    case .reading, .readingOld:
      phase = .readingOld
      return false
    }
  }

  /// The file was read. True where it has to be read again, because it changed meanwhile.
  package mutating func read() -> Bool {
    if phase == .readingOld {
      phase = .reading
      return true
    }
    if phase == .reading { phase = .loading }
    return false
  }

  /// A stored image is to be loaded in place of the file; while the file is read, that decides.
  package mutating func recall() { if phase == .idle || phase == .held { phase = .loading } }

  /// What was loaded serves, or will not.
  package mutating func end() { if phase == .loading { phase = .idle } }

  /// A generation has drained. True where a held reload begins now.
  package mutating func drained(draining: Int, most: Int) -> Bool {
    guard phase == .held, draining < most else { return false }
    phase = .reading
    return true
  }
}
