import CSSH2
import Glibc
import RemoteProtocol

/// libssh2's callback for a signature: asks the host, which has the private key.
///
/// `abstract` points at the pointer that was given to `libssh2_userauth_publickey`: the control channel. libssh2 frees
/// the signature with free(), the default of a session without an allocator of its own.
func signWithHost(
  _ session: OpaquePointer?, _ signature: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
  _ signatureLength: UnsafeMutablePointer<Int>?, _ data: UnsafePointer<UInt8>?, _ length: Int,
  _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  guard let signature, let signatureLength, let data, let context = abstract?.pointee else { return -1 }
  // The channel outlives the session: main.swift holds it until the process ends.
  let control = Unmanaged<ControlChannel>.fromOpaque(context).takeUnretainedValue()
  guard control.send(.sign(Array(UnsafeBufferPointer(start: data, count: length)))),
    case .signature(let made)? = control.receive(), !made.isEmpty, let memory = malloc(made.count)
  else { return -1 }
  memory.copyMemory(from: made, byteCount: made.count)
  signature.pointee = memory.assumingMemoryBound(to: UInt8.self)
  signatureLength.pointee = made.count
  return 0
}
