import CLinux
import Glibc

/// A system call that failed.
///
/// The code is open: any errno of the running kernel can come.
package struct SystemError: Error, Sendable, Hashable {
  /// Name of the call, such as `connect`.
  package let call: String
  /// The errno value.
  package let code: Int32
  /// What it was done to, for a person: a path, an address; may be empty, never holds a secret.
  package let context: String

  /// Makes an error of a known errno.
  package init(_ call: String, code: Int32, context: String = "") {
    self.call = call
    self.code = code
    self.context = context
  }

  /// What the code means, in the words of the C library.
  package var text: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress else { return "error \(code)" }
      base.initialize(to: 0)
      // The GNU form answers the buffer or a constant, and keeps no state: any thread may call it.
      return strerror_r(code, base, 256).map { String(cString: $0) } ?? "error \(code)"
    }
  }
}

extension SystemError {
  /// What failed and why, where the thing has been named already, such as `bind: Permission denied (errno 13)`.
  package var words: String { "\(call): \(text) (errno \(code))" }
}

extension SystemError: CustomStringConvertible {
  /// One line for a person, such as `connect /run/x.sock: No such file or directory (errno 2)`.
  package var description: String {
    context.isEmpty ? "\(call): \(text) (errno \(code))" : "\(call) \(context): \(text) (errno \(code))"
  }
}

/// Runs a system call again for as long as a signal interrupts it.
///
/// The only place that knows EINTR. `body` returns -1 and sets errno when it fails.
/// - Throws: `SystemError` with the errno of the last try.
func retrying<Result: SignedInteger>(
  _ call: String, _ context: @autoclosure () -> String = "", _ body: () -> Result
) throws(SystemError) -> Result {
  while true {
    let result = body()
    if result != -1 { return result }
    let code = errno
    if code != EINTR { throw SystemError(call, code: code, context: context()) }
  }
}
