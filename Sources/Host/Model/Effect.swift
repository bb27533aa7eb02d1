/// What power can do.
package enum PowerAction: String, Codable, Hashable, Sendable, CaseIterable {
  case start, stop, reboot
}

/// The steps by which a VM's host key becomes one that only the VM knows.
package enum SecureStep: String, Codable, Hashable, Sendable, CaseIterable {
  /// Reach it under the bootstrap key and let it make a new key.
  case gather
  /// Put the new key into place, remove the bootstrap key and the cached user data.
  case rotate
  /// Reach it under the new key only; prove that the tenant's keys are there.
  case confirm
  /// Remove our own key, the last thing that we do there.
  case leave
}

/// What a machine asks for. It is committed with the transition that asks, and performed only then.
package enum EffectKind: Codable, Hashable, Sendable {
  /// Ask the plugin whether a placement holds.
  case validate(placement: Int)
  /// Do what is slow and costs nothing, and mint the bootstrap host key.
  case prepare(placement: Int)
  /// Make the object. Once.
  case provision(attempt: ULID)
  /// End one object.
  case terminate(attempt: ULID, object: String)
  /// One step of securing SSH.
  case secure(attempt: ULID, object: String, step: SecureStep)
  /// Run a recipe to its end. It may be performed again: the VM begins a run of one id once.
  case run(attempt: ULID, object: String, run: ULID)
  /// End a run that goes on.
  case cancel(attempt: ULID, object: String, run: ULID)
  /// Remove what runs that have ended left on the object.
  case tidy(attempt: ULID, object: String)
  /// Start, stop or reboot. Once.
  case power(attempt: ULID, object: String, action: PowerAction)

  /// Whether it must never be performed again after a crash; its outcome is then unknown. Start and stop name the state that
  /// is wanted, and may be asked for again; a second reboot is another reboot.
  package var isOnce: Bool {
    switch self {
    case .provision: true
    case .power(_, _, let action): action == .reboot
    case .validate, .prepare, .terminate, .secure, .run, .cancel, .tidy: false
    }
  }

  /// Whether the plugin may only read for it.
  package var isReading: Bool {
    switch self {
    case .validate, .secure, .run, .cancel, .tidy: true
    case .prepare, .provision, .terminate, .power: false
    }
  }

  /// The attempt that it is about, where there is one.
  package var attempt: ULID? {
    switch self {
    case .validate, .prepare: nil
    case .provision(let attempt), .terminate(let attempt, _), .secure(let attempt, _, _), .run(let attempt, _, _),
      .cancel(let attempt, _, _), .tidy(let attempt, _),
      .power(let attempt, _, _):
      attempt
    }
  }

  /// Short name for timelines.
  package var name: String {
    switch self {
    case .validate: "validate"
    case .prepare: "prepare"
    case .provision: "provision"
    case .terminate: "terminate"
    case .secure(_, _, let step): "secure/\(step.rawValue)"
    case .run: "recipe"
    case .cancel: "recipe/cancel"
    case .tidy: "recipe/tidy"
    case .power(_, _, let action): "power/\(action.rawValue)"
    }
  }
}

/// One effect that is committed and not done yet.
package struct Effect: Codable, Hashable, Sendable {
  /// Its id.
  package var id: ULID
  /// What to do.
  package var kind: EffectKind
  /// The start of the host under which it was committed.
  package var boot: ULID
  /// Not to be performed before.
  package var notBefore: Instant
  /// Its request must not leave after; nil: no limit.
  package var notAfter: Instant?
  /// How often it failed and was put back.
  package var failures: Int
  /// Why it last failed, where that was told in the timeline; nil: nothing was.
  package var told: String?

  /// Makes an effect.
  package init(id: ULID, kind: EffectKind, boot: ULID, notBefore: Instant, notAfter: Instant? = nil) {
    self.id = id
    self.kind = kind
    self.boot = boot
    self.notBefore = notBefore
    self.notAfter = notAfter
    failures = 0
  }
}

/// A secret under seal; only the composition layer can open it.
package struct SealedSecret: Codable, Hashable, Sendable {
  /// What it is, such as `root_password`.
  package var name: String
  /// The sealed box in base 64.
  package var box: String

  /// Makes a sealed secret.
  package init(name: String, box: String) {
    self.name = name
    self.box = box
  }
}

/// A host key made for one attempt: its public half and its sealed private half.
package struct BootstrapKey: Codable, Hashable, Sendable {
  /// OpenSSH form.
  package var publicKey: String
  /// The private half; nil once it was destroyed.
  package var privateKey: SealedSecret?

  /// Makes a key.
  package init(publicKey: String, privateKey: SealedSecret?) {
    self.publicKey = publicKey
    self.privateKey = privateKey
  }
}

/// What the cloud made, as provision reports it.
package struct Created: Codable, Hashable, Sendable {
  /// The cloud's id.
  package var externalID: String
  /// Public IPv4 address, where known.
  package var ipv4: String?
  /// Public IPv6 address, where known.
  package var ipv6: String?
  /// What the plugin wants to remember.
  package var cookie: String?
  /// Secrets that the cloud insisted on, already sealed.
  package var secrets: [SealedSecret]
  /// When a first look is worth it, milliseconds, 0 to 10 minutes.
  package var pollAfterMs: Int64?
  /// Whether it existed already, with our attempt id on it.
  package var adopted: Bool

  /// Makes a report.
  package init(
    externalID: String, ipv4: String? = nil, ipv6: String? = nil, cookie: String? = nil, secrets: [SealedSecret] = [],
    pollAfterMs: Int64? = nil, adopted: Bool = false
  ) {
    self.externalID = externalID
    self.ipv4 = ipv4
    self.ipv6 = ipv6
    self.cookie = cookie
    self.secrets = secrets
    self.pollAfterMs = pollAfterMs
    self.adopted = adopted
  }
}

/// How an effect ended.
package enum EffectResult: Codable, Hashable, Sendable {
  /// validate: the placement holds.
  case validated(ResolvedPlacement)
  /// prepare: done.
  case prepared(cookie: String?, bootstrap: BootstrapKey?)
  /// provision: the cloud named an object.
  case created(Created)
  /// terminate: the cloud took the end of an object that it showed (`confirmed`), or showed none under the id.
  case ending(cookie: String?, pollAfterMs: Int64?, confirmed: Bool = true)
  /// secure: the step is done; `gather` brings the new public host key.
  case secured(newHostKey: String?)
  /// run: it ended, whichever way.
  case ran(RecipeReport)
  /// cancel, tidy: done.
  case done
  /// power: begun.
  case powered(cookie: String?)
  /// It did not happen, for sure: nothing left this machine, or the cloud refused.
  case refused(Failure)
  /// Nothing left this machine; try again.
  case notSent(Failure)
  /// It may have happened. For a create: `leftAt` is when its request could last have left us.
  case unknown(Failure, leftAt: Instant)
}
