import PluginKit
import PluginMessages

/// One cloud as the matrix drives it: a plugin, the cloud behind it, and the misfortunes that can befall it.
///
/// Made anew for each test; used by one task.
protocol CloudUnderTest: CallServices {
  /// The plugin.
  var plugin: any Provisioner { get }
  /// The account that the host would name.
  var account: AccountContext { get }
  /// A placement that is sold.
  var sold: PlacementSpec { get }
  /// Placements that are not, each wrong in one way.
  var wrong: [PlacementSpec] { get }
  /// Ids of the machines that stand, of every owner.
  var standing: Set<String> { get }

  /// Lets time pass.
  func pass(ms: Int64) throws
  /// The next matching request meets it.
  func befall(_ misfortune: Misfortune) throws
  /// Goes on with another credential.
  func use(_ credential: TestCredential) throws
  /// Puts a running machine of somebody else in place; its id.
  func plantForeign(named name: String) throws -> String
  /// Puts a second machine with the name and tags of an attempt in place; its id.
  func plantTwin(of attempt: String, named name: String) throws -> String
  /// Lets a machine vanish behind everybody's back.
  func vanish(_ id: String) throws
}

/// What can go wrong, once.
enum Misfortune: Hashable {
  /// The create is carried out; its answer is lost.
  case createAnswerLost
  /// The create is carried out, and answered with 503.
  case createAnswered503
  /// The create is carried out; its answer breaks off in the middle.
  case createAnswerCut
  /// The type is out of stock when it is created.
  case soldOut
  /// Every request is over the limit for so many seconds.
  case rateLimited(seconds: Int64)
  /// A machine is deleted after the first page of a listing was read.
  case deletedBetweenPages
  /// The cloud answers with a page of HTML.
  case garbage
  /// A new machine is not shown for a while.
  case hidden(ms: Int64)
}

/// Credentials that every cloud with credentials has in the matrix.
enum TestCredential: String {
  case good, wrong
  /// Of another project or account of the same cloud.
  case other
}

extension CloudUnderTest {
  /// A call.
  var call: Call { Call(self) }
  /// What the plugin says of itself.
  var manifest: PluginManifest { type(of: plugin).manifest }
}
