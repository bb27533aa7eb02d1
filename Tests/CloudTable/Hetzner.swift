import CloudSim
import Hetzner

extension SimulatedProvider {
  package static let hetzner = SimulatedProvider(
    id: "hetzner", library: "libHetzner.so", plugin: { HetznerProvisioner() },
    cloud: { HetznerCloud(tokens: $0, seed: $1, start: $2) }, base: "/v1", machines: "/servers",
    sold: placement("cx23", "fsn1", "debian-12"),
    wrong: [
      placement("cx99", "fsn1", "debian-12"), placement("cx23", "fsn9", "debian-12"),
      placement("cx23", "fsn1", "debain-12"),
    ],
    marks: { installation, attempt, resource in
      #""labels":{"slipway":"1","slipway-installation":"\#(installation)","slipway-attempt":"\#(attempt)","#
        + #""slipway-operation":"\#(attempt)","slipway-resource":"\#(resource)"}"#
    }, rename: { ("PUT", "/servers/\($0)", #"{"name":"renamed"}"#) })
}
