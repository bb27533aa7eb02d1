import CSSH2
import Glibc
import RemoteProtocol

/// One SSH connection over a socket that is already connected: verify, log in, run one command.
///
/// Not thread safe; used by the one thread of the process. Nothing of libssh2 is freed: the process ends after the run,
/// and what a hostile server left in the session is not walked through once more.
final class Session {
  private let socket: Int32
  private let task: RemoteTask
  private let control: ControlChannel
  private let deadline: Deadline
  private let login: Deadline
  private var silence: Deadline
  private var isStarted = false
  private var credit: Int
  /// Bytes of output that libssh2 held after a round that took none.
  private var untaken: UInt = 0
  /// What the command has not read yet, and whether that is all.
  private var input: ArraySlice<UInt8>
  private var isInputWhole: Bool
  private var session: OpaquePointer?
  private var output: CappedOutput
  private var errors: CappedOutput

  init(socket: Int32, task: RemoteTask, control: ControlChannel) {
    self.socket = socket
    self.task = task
    self.control = control
    deadline = Deadline(afterMs: task.timeoutMs)
    login = Deadline(afterMs: min(task.loginMs, task.timeoutMs))
    silence = deadline
    credit = Int(task.credit)
    input = task.input[...]
    isInputWhole = task.credit == 0
    output = CappedOutput(limit: task.outputLimit)
    errors = CappedOutput(limit: task.outputLimit)
  }

  /// Runs everything.
  func run() -> RemoteResult {
    let ending: RemoteResult.Ending
    do throws(Stop) {
      try handshake()
      try verifyHostKey()
      try authenticate()
      ending = try execute()
    } catch {
      ending = error.ending
    }
    return RemoteResult(
      ending, output: output.bytes, error: errors.bytes, isCut: output.isCut || errors.isCut)
  }

  /// Why a run stops early.
  private struct Stop: Error {
    var ending: RemoteResult.Ending
  }

  // MARK: Steps

  private func handshake() throws(Stop) {
    guard libssh2_init(0) == 0, let made = libssh2_session_init_ex(nil, nil, nil, nil) else {
      throw Stop(ending: .runnerFailed("libssh2 could not be started"))
    }
    session = made
    libssh2_session_set_blocking(made, 0)
    // The bootstrap key and its successor are Ed25519: the server is to prove that one, not another that it has.
    _ = libssh2_session_method_pref(made, LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519")
    let code = try repeated("the handshake") { libssh2_session_handshake(made, socket) }
    guard code == 0 else { throw stop(code, "the handshake") { .handshakeFailed($0) } }
  }

  /// Comes before anything is sent that authenticates: a stranger learns nothing, not even the user's name.
  private func verifyHostKey() throws(Stop) {
    var length = 0
    var type: Int32 = 0
    guard let key = libssh2_session_hostkey(session, &length, &type), length > 0 else {
      throw Stop(ending: .handshakeFailed("the server presented no host key"))
    }
    // libssh2 owns the bytes and keeps them as long as the session.
    let found = Array(UnsafeRawBufferPointer(start: key, count: length))
    guard task.acceptedHostKeys.contains(found) else { throw Stop(ending: .hostKeyMismatch(found)) }
  }

  private func authenticate() throws(Stop) {
    var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(control).toOpaque()
    let code = try repeated("the login") {
      task.clientKey.withUnsafeBufferPointer { key in
        libssh2_userauth_publickey(session, task.user, key.baseAddress, key.count, signWithHost, &context)
      }
    }
    guard code == 0 else { throw stop(code, "the login") { .authenticationRefused($0) } }
  }

  private func execute() throws(Stop) -> RemoteResult.Ending {
    let channel = try openChannel()
    let code = try repeated("the start of the command") {
      libssh2_channel_process_startup(channel, "exec", 4, task.command, UInt32(clamping: task.command.utf8.count))
    }
    guard code == 0 else { throw stop(code, "the start of the command") { .channelRefused($0) } }
    isStarted = true
    heard()
    try exchange(channel)
    // The exit code comes between the end of the output and the close; without a close there may be none, and
    // libssh2 would say 0.
    let closed = try repeated("the end of the command") { libssh2_channel_wait_closed(channel) }
    guard closed == 0 else { throw stop(closed, "the end of the command") { .connectionLost($0) } }
    var signal: UnsafeMutablePointer<CChar>?
    var length = 0
    _ = libssh2_channel_get_exit_signal(channel, &signal, &length, nil, nil, nil, nil)
    if let signal, length > 0 {
      let name = UnsafeRawBufferPointer(start: signal, count: length)
      return .signaled(String(decoding: name, as: UTF8.self))
    }
    return .exited(libssh2_channel_get_exit_status(channel))
  }

  private func openChannel() throws(Stop) -> OpaquePointer {
    while true {
      if let channel = libssh2_channel_open_ex(
        session, "session", 7, UInt32(isStreamed ? Self.streamedWindow : 2 << 20), 32_768, nil, 0)
      {
        return channel
      }
      let code = libssh2_session_last_errno(session)
      guard code == LIBSSH2_ERROR_EAGAIN else { throw stop(code, "a channel") { .channelRefused($0) } }
      try wait("a channel")
    }
  }

  /// Feeds the command its input and takes its output until it ends.
  private func exchange(_ channel: OpaquePointer) throws(Stop) {
    var isInputClosed = false
    while libssh2_channel_eof(channel) == 0 {
      let wrote = feed(channel, &isInputClosed)
      // What is not taken stays in the channel's window, and then on the machine.
      let read = mayTake ? try [take(channel, .output), take(channel, .error)] : []
      if read.contains(true) { heard() }
      // A command that never stops talking is held to the deadline, too.
      let isIdle = !hasNew(channel, read.contains(true)) && !wrote && libssh2_channel_eof(channel) == 0
      try wait("the command", isIdle: isIdle)
    }
  }

  /// Whether there is output to take although the socket is not ready: to read one stream takes off the socket what has
  /// come for the other, too. Output that a round left where it was is of a stream that nobody takes.
  private func hasNew(_ channel: OpaquePointer, _ hasRead: Bool) -> Bool {
    var queued: UInt = 0
    _ = libssh2_channel_window_read_ex(channel, &queued, nil)
    defer { untaken = hasRead ? 0 : queued }
    return hasRead || (mayTake && queued > untaken)
  }

  /// Bytes that the machine may send ahead in a streamed task: they are the memory that it can make libssh2 take.
  private static let streamedWindow = 512 << 10

  private var isStreamed: Bool { task.credit > 0 }

  private var mayTake: Bool { !isStreamed || credit > 0 }

  private func heard() {
    if task.silenceMs > 0 { silence = Deadline(afterMs: task.silenceMs) }
  }

  /// Writes some input, and its end after it; whether anything went out.
  private func feed(_ channel: OpaquePointer, _ isClosed: inout Bool) -> Bool {
    guard !isClosed, isInputWhole || !input.isEmpty else { return false }
    guard !input.isEmpty else {
      isClosed = libssh2_channel_send_eof(channel) != LIBSSH2_ERROR_EAGAIN
      return isClosed
    }
    let count = input.withUnsafeBytes { bytes in
      // CChar and UInt8 have one layout; libssh2 reads, it does not write.
      libssh2_channel_write_ex(
        channel, 0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), min(bytes.count, 32_768))
    }
    if count == Int(LIBSSH2_ERROR_EAGAIN) { return false }
    // A command that takes no more input may well end in peace; a broken connection shows when reading.
    input = count > 0 ? input.dropFirst(count) : []
    return true
  }

  /// Reads some output; whether there was any.
  private func take(_ channel: OpaquePointer, _ stream: RemoteStream) throws(Stop) -> Bool {
    let number: Int32 = stream == .output ? 0 : SSH_EXTENDED_DATA_STDERR
    let most = isStreamed ? min(credit, 32_768) : 16_384
    guard most > 0 else { return false }
    var chunk: [UInt8] = []
    let count = withUnsafeTemporaryAllocation(of: CChar.self, capacity: most) { memory in
      let count = libssh2_channel_read_ex(channel, number, memory.baseAddress, memory.count)
      if count > 0 { chunk = Array(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory).prefix(count))) }
      return count
    }
    guard count >= 0 || count == Int(LIBSSH2_ERROR_EAGAIN) else {
      throw stop(Int32(clamping: count), "the command") { .connectionLost($0) }
    }
    guard count > 0 else { return false }
    switch (isStreamed, stream) {
    case (true, _):
      credit -= count
      guard control.send(.output(stream, chunk)) else { throw Stop(ending: .runnerFailed("the host is gone")) }
    case (false, .output): chunk.withUnsafeBytes { output.append($0) }
    case (false, .error): chunk.withUnsafeBytes { errors.append($0) }
    }
    return true
  }

  // MARK: Waiting and failing

  /// Repeats a call until it no longer has to wait.
  private func repeated(_ what: String, _ body: () -> Int32) throws(Stop) -> Int32 {
    while true {
      let code = body()
      guard code == LIBSSH2_ERROR_EAGAIN else { return code }
      try wait(what)
    }
  }

  /// Waits, where there is nothing to do, for what libssh2 waits for; stops at the deadline and when the host is gone.
  private func wait(_ what: String, isIdle: Bool = true) throws(Stop) {
    let left = isStarted ? (mayTake ? min(deadline.leftMs, silence.leftMs) : deadline.leftMs) : login.leftMs
    guard left > 0 else {
      if isStarted && deadline.leftMs > 0 {
        throw Stop(ending: .connectionLost("\(what): nothing was heard for \(task.silenceMs / 1_000) s"))
      }
      throw Stop(ending: hasGreeting ? .timedOut(what) : .noGreeting)
    }
    let directions = libssh2_session_block_directions(session)
    var machine = pollfd(fd: socket, events: 0, revents: 0)
    if directions & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0 { machine.events |= Int16(POLLOUT) }
    if directions & LIBSSH2_SESSION_BLOCK_INBOUND != 0 || directions == 0 { machine.events |= Int16(POLLIN) }
    // Without credit what the machine sends is left where it is.
    let isHeld = isStarted && !mayTake
    if isHeld { machine.fd = -1 }
    var watched = [machine, pollfd(fd: control.fd, events: Int16(POLLIN), revents: 0)]
    _ = poll(&watched, nfds_t(watched.count), isIdle ? left : 0)
    if isHeld { heard() }
    guard watched[1].revents != 0 else { return }
    while true {
      switch control.look() {
      case .nothing: return
      case .frame(.credit(let more)) where isStreamed: credit = min(credit + Int(more), Int(Int32.max))
      case .frame(.input(let more)) where !isInputWhole:
        input += more
        isInputWhole = true
      // Else the host says nothing unasked: this is its end.
      case .frame, .end: throw Stop(ending: .runnerFailed("the host is gone"))
      }
    }
  }

  /// The ending for an error of libssh2: the connection's own, or what the step makes of it.
  private func stop(_ code: Int32, _ what: String, _ ending: (String) -> RemoteResult.Ending) -> Stop {
    var text: UnsafeMutablePointer<CChar>?
    _ = libssh2_session_last_error(session, &text, nil, 0)
    let reason = "\(what): \(text.map { String(cString: $0) } ?? "no reason given") (libssh2 error \(code))"
    let broken = [
      LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_SEND, LIBSSH2_ERROR_SOCKET_RECV,
      LIBSSH2_ERROR_BAD_SOCKET,
    ]
    return Stop(ending: broken.contains(code) ? .connectionLost(reason) : ending(reason))
  }

  private var hasGreeting: Bool { libssh2_session_banner_get(session) != nil }
}
