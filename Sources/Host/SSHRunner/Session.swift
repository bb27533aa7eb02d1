import CSSH2
import Glibc
import RemoteProtocol

/// One SSH connection over a socket that is already connected: verify, log in, run one command.
///
/// Not thread safe; used by the one thread of the process.
final class Session {
  private let socket: Int32
  private let task: RemoteTask
  private let control: ControlChannel
  private let deadline: UInt64
  private var session: OpaquePointer?
  private var output: [UInt8] = []
  private var errors: [UInt8] = []
  private var isCut = false

  init(socket: Int32, task: RemoteTask, control: ControlChannel) {
    self.socket = socket
    self.task = task
    self.control = control
    deadline = monotonicMs() + UInt64(task.timeoutMs)
  }

  /// Runs everything; the process ends after it, so nothing is freed.
  func run() -> RemoteResult {
    do throws(Stop) {
      try handshake()
      try verifyHostKey()
      try authenticate()
      let ending = try execute()
      return RemoteResult(ending, output: output, error: errors, isCut: isCut)
    } catch {
      return RemoteResult(error.ending, output: output, error: errors, isCut: isCut)
    }
  }

  /// Why a run stops early.
  struct Stop: Error {
    var ending: RemoteResult.Ending
  }

  // MARK: Steps

  private func handshake() throws(Stop) {
    guard libssh2_init(0) == 0,
      let made = libssh2_session_init_ex(nil, nil, nil, Unmanaged.passUnretained(control).toOpaque())
    else { throw Stop(ending: .handshakeFailed("libssh2 could not be started")) }
    session = made
    libssh2_session_set_blocking(made, 0)
    // The bootstrap key and its successor are Ed25519: let the server offer that one.
    _ = libssh2_session_method_pref(made, LIBSSH2_METHOD_HOSTKEY, "ssh-ed25519")
    let code = try repeated("the handshake") { libssh2_session_handshake(made, socket) }
    guard code == 0 else {
      throw Stop(ending: isBroken(code) ? .connectionLost("handshake: \(message)") : .handshakeFailed(message))
    }
  }

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
    // The private key is with the host: libssh2 asks this callback to sign, and the callback asks the host.
    var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(control).toOpaque()
    let code = try repeated("authentication") {
      task.clientKey.withUnsafeBufferPointer { key in
        libssh2_userauth_publickey(session, task.user, key.baseAddress, key.count, signWithHost, &context)
      }
    }
    guard code == 0 else {
      throw Stop(ending: isBroken(code) ? .connectionLost("login: \(message)") : .authenticationRefused(message))
    }
  }

  private func execute() throws(Stop) -> RemoteResult.Ending {
    let channel = try openChannel()
    let code = try repeated("starting the command") {
      libssh2_channel_process_startup(channel, "exec", 4, task.command, UInt32(task.command.utf8.count))
    }
    guard code == 0 else { throw Stop(ending: .channelRefused(message)) }
    try exchange(channel)
    _ = try repeated("closing") { libssh2_channel_wait_closed(channel) }
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
      if let channel = libssh2_channel_open_ex(session, "session", 7, 2 << 20, 32_768, nil, 0) { return channel }
      let code = libssh2_session_last_errno(session)
      guard code == LIBSSH2_ERROR_EAGAIN else {
        throw Stop(ending: isBroken(code) ? .connectionLost("channel: \(message)") : .channelRefused(message))
      }
      try waitForSocket("opening a channel")
    }
  }

  /// Feeds the command its input and takes its output until it ends.
  private func exchange(_ channel: OpaquePointer) throws(Stop) {
    var rest = task.input[...]
    var isInputClosed = false
    var chunk = [CChar](repeating: 0, count: 32_768)
    while libssh2_channel_eof(channel) == 0 {
      var isIdle = true
      if !rest.isEmpty {
        let count = rest.withUnsafeBytes { bytes in
          // CChar and UInt8 have one layout; libssh2 reads, it does not write.
          libssh2_channel_write_ex(
            channel, 0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), min(bytes.count, 32_768))
        }
        if count > 0 {
          rest = rest.dropFirst(count)
          isIdle = false
        } else if count != Int(LIBSSH2_ERROR_EAGAIN) {
          rest = []
        }
      } else if !isInputClosed {
        isInputClosed = libssh2_channel_send_eof(channel) != LIBSSH2_ERROR_EAGAIN
      }
      for stream in [Int32(0), Int32(1)] {
        let count = libssh2_channel_read_ex(channel, stream, &chunk, chunk.count)
        if count > 0 {
          isIdle = false
          keep(chunk.prefix(count).map { UInt8(bitPattern: $0) }, stream)
        } else if count < 0 && count != Int(LIBSSH2_ERROR_EAGAIN) {
          throw Stop(ending: .connectionLost("while the command ran: \(message)"))
        }
      }
      if isIdle && libssh2_channel_eof(channel) == 0 { try waitForSocket("the command") }
    }
  }

  private func keep(_ bytes: [UInt8], _ stream: Int32) {
    let limit = Int(task.outputLimit)
    let room = limit - (stream == 0 ? output.count : errors.count)
    if bytes.count > room { isCut = true }
    if stream == 0 { output += bytes.prefix(max(0, room)) } else { errors += bytes.prefix(max(0, room)) }
  }

  // MARK: Waiting

  /// Repeats a call until it no longer has to wait.
  private func repeated(_ what: String, _ body: () -> Int32) throws(Stop) -> Int32 {
    while true {
      let code = body()
      guard code == LIBSSH2_ERROR_EAGAIN else { return code }
      try waitForSocket(what)
    }
  }

  private func waitForSocket(_ what: String) throws(Stop) {
    let now = monotonicMs()
    guard now < deadline else { throw Stop(ending: .timedOut(what)) }
    let directions = libssh2_session_block_directions(session)
    var entry = pollfd(fd: socket, events: 0, revents: 0)
    if directions & LIBSSH2_SESSION_BLOCK_INBOUND != 0 || directions == 0 { entry.events |= Int16(POLLIN) }
    if directions & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0 { entry.events |= Int16(POLLOUT) }
    _ = poll(&entry, 1, Int32(clamping: deadline - now))
  }

  private func isBroken(_ code: Int32) -> Bool {
    [LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_SEND, LIBSSH2_ERROR_SOCKET_RECV].contains(code)
  }

  private var message: String {
    var text: UnsafeMutablePointer<CChar>?
    _ = libssh2_session_last_error(session, &text, nil, 0)
    return text.map { String(cString: $0) } ?? "no reason given"
  }
}

/// libssh2's callback: `abstract` points at the pointer that was given to `libssh2_userauth_publickey`.
private func signWithHost(
  _ session: OpaquePointer?, _ signature: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
  _ signatureLength: UnsafeMutablePointer<Int>?, _ data: UnsafePointer<UInt8>?, _ length: Int,
  _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  guard let signature, let signatureLength, let data, let context = abstract?.pointee else { return -1 }
  let control = Unmanaged<ControlChannel>.fromOpaque(context).takeUnretainedValue()
  guard control.send(.sign(Array(UnsafeBufferPointer(start: data, count: length)))),
    case .signature(let made)? = control.receive(), !made.isEmpty, let memory = malloc(made.count)
  else { return -1 }
  // libssh2 frees it with free(), the default of a session without an allocator of its own.
  memory.copyMemory(from: made, byteCount: made.count)
  signature.pointee = memory.assumingMemoryBound(to: UInt8.self)
  signatureLength.pointee = made.count
  return 0
}

/// Milliseconds of the monotonic clock.
func monotonicMs() -> UInt64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return UInt64(now.tv_sec) * 1_000 + UInt64(now.tv_nsec) / 1_000_000
}
