import Glibc

/// The broker's thread.
enum BrokerThread {
  /// Bytes of its stack; libcurl and TLS need about 100 KiB.
  private static let stackBytes = 512 << 10

  /// Runs the loop on a new detached thread, which owns it. The thread blocks every signal: a TLS write to a closed
  /// connection raises SIGPIPE in the writing thread, where it then stays pending and harms nobody.
  static func start(_ loop: BrokerLoop) throws(BrokerStartError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    // Retained for the thread, which lets go of it when the loop has ended.
    let context = Unmanaged.passRetained(loop)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<BrokerLoop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    if code != 0 {
      context.release()
      throw BrokerStartError("no thread (error \(code))")
    }
  }
}
