import CLinux
import Glibc

/// Something that happened in a watched directory.
package struct DirectoryEvent: Sendable, Hashable {
  /// The kinds; those that concern no single entry have an empty name.
  package enum Kind: Sendable, Hashable {
    /// An entry was renamed into the directory, or linked: it is whole.
    case arrived
    /// An entry was made, or its bytes are being changed.
    case writing
    /// Someone who could write to the entry has closed it.
    case written
    /// Owner, mode or times have changed.
    case attributes
    /// An entry was removed or renamed away.
    case left
    /// The directory itself was removed, renamed or unmounted; its watch is over.
    case directoryGone
    /// The kernel dropped events: look at everything.
    case overflow
  }

  /// Number of the watch, as `DirectoryEvents.add` gave it; -1 for `overflow`.
  package let directory: Int32
  /// The entry's name, bytes that are not UTF-8 replaced.
  package let name: String
  /// What happened.
  package let kind: Kind
}

/// Tells of changes in directories as they happen: inotify(7) on a reactor.
///
/// Any thread may call; the handler runs on the loop thread.
package final class DirectoryEvents: Sendable {
  private let descriptor: Descriptor
  private let watch: Watch

  /// Begins with no directory.
  package init(
    on reactor: Reactor, _ handler: @escaping @Sendable ([DirectoryEvent]) -> Void
  ) throws(SystemError) {
    let descriptor = Descriptor(
      owning: try retrying("inotify_init1") { inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK)) })
    self.descriptor = descriptor
    watch = try reactor.watch(descriptor, .read) { _ in
      // One read a turn: it is level triggered, and a busy directory shall not hold the loop.
      guard case .bytes(let bytes)? = try? descriptor.receive(atMost: 16 << 10) else { return }
      let events = Self.parse(bytes)
      if !events.isEmpty { handler(events) }
    }
  }

  /// Watches a directory; the same directory a second time has the same number.
  /// - Throws: `SystemError` where it is not there, is no directory, or may not be read.
  package func add(_ path: String) throws(SystemError) -> Int32 {
    let wanted =
      IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF
      | IN_MOVE_SELF
    let number = descriptor.raw
    return try retrying("inotify_add_watch", path) {
      inotify_add_watch(number, path, UInt32(wanted) | UInt32(IN_ONLYDIR))
    }
  }

  /// Ends one watch; nothing where it is over already.
  package func remove(_ directory: Int32) { _ = inotify_rm_watch(descriptor.raw, directory) }

  /// Ends everything.
  package func cancel() {
    watch.cancel()
    descriptor.close()
  }

  /// Takes a buffer of struct inotify_event apart; what is cut short is left out.
  static func parse(_ bytes: [UInt8]) -> [DirectoryEvent] {
    var events: [DirectoryEvent] = []
    var rest = bytes[...]
    func word(_ offset: Int) -> UInt32 {
      rest.dropFirst(offset).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    while rest.count >= 16 {
      let (directory, mask, length) = (Int32(bitPattern: word(0)), word(4), Int(word(12)))
      guard rest.count - 16 >= length else { break }
      let name = String(decoding: rest.dropFirst(16).prefix(length).prefix { $0 != 0 }, as: UTF8.self)
      rest = rest.dropFirst(16 + length)
      if let kind = kind(mask) { events.append(DirectoryEvent(directory: directory, name: name, kind: kind)) }
    }
    return events
  }

  private static func kind(_ mask: UInt32) -> DirectoryEvent.Kind? {
    func has(_ bits: Int...) -> Bool { bits.contains { mask & UInt32($0) != 0 } }
    if has(Int(IN_Q_OVERFLOW)) { return .overflow }
    if has(Int(IN_IGNORED), Int(IN_DELETE_SELF), Int(IN_MOVE_SELF), Int(IN_UNMOUNT)) { return .directoryGone }
    if has(Int(IN_MOVED_TO)) { return .arrived }
    if has(Int(IN_CLOSE_WRITE)) { return .written }
    if has(Int(IN_MOVED_FROM), Int(IN_DELETE)) { return .left }
    if has(Int(IN_CREATE), Int(IN_MODIFY)) { return .writing }
    return has(Int(IN_ATTRIB)) ? .attributes : nil
  }
}
