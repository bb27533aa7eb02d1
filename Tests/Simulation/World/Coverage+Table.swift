// Which event happens in which state. A run of `Coverage.enough` worlds has to go through all of these; the last words of a
// row say why the event does not happen in the other states, or so rarely that it is not asked for.
extension Coverage {
  static let rows: [Row] = [
    Row(
      "asked power",
      "active booting compensating configuring failed lost provisioning requested resolving securing stopped terminated terminating",
      elsewhere: "it is refused where it cannot be done"),
    Row(
      "asked recipe", "active booting compensating failed terminated terminating",
      elsewhere: "people rarely ask in a state that lasts seconds"),
    Row(
      "asked terminate",
      "active booting compensating failed provisioning requested resolving stopped terminated terminating",
      elsewhere: "people rarely ask in a state that lasts seconds"),
    Row("asked cancel", "active booting configuring", elsewhere: "it is refused where nothing runs"),
    Row("asked release", "active stopped", elsewhere: "it is refused unless something was handed over"),
    Row("asked secrets", "active booting", elsewhere: "there are none before the create is answered"),
    Row(
      "cancel done", "active configuring",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"
    ),
    Row(
      "cancel not sent", "configuring",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row("deadline of power", "active stopped", elsewhere: "power is for what is handed over; an end decides it"),
    Row(
      "deadline of provision", "booting compensating configuring provisioning requested resolving securing",
      elsewhere: "a provision is decided once its resource is handed over, or its end is wanted"),
    Row("deadline of terminate", "terminating", elsewhere: "only a wanted end is an operation of its own"),
    Row("evidence", "resolving", elsewhere: "a create that outlived its worker is in doubt until then"),
    Row(
      "expiry", "active booting compensating resolving securing stopped",
      elsewhere: "it means nothing where the end is wanted or reached; other states last a moment"),
    Row(
      "look failed",
      "active booting compensating configuring failed lost resolving securing stopped terminated terminating",
      elsewhere: "before the first create nothing is looked at"),
    Row(
      "look shows a new object", "active booting compensating failed resolving terminated terminating",
      elsewhere: "elsewhere only a second object can be new, in a state that lasts seconds"),
    Row(
      "look shows failed", "booting compensating",
      elsewhere: "what failed to start is replaced at once, and never handed over"),
    Row(
      "look shows gone", "active booting compensating configuring failed stopped terminated terminating",
      elsewhere: "before there is an object none is asked for"),
    Row("look shows incomplete", "booting", elsewhere: "what is not complete does not run, and is not handed over"),
    Row(
      "look shows nothing",
      "active booting compensating configuring failed lost provisioning requested resolving securing stopped terminated terminating",
      elsewhere: ""),
    Row(
      "look shows nothing, incompletely",
      "active booting compensating configuring failed lost requested resolving stopped terminated terminating",
      elsewhere: "a create under way is not looked up"),
    Row("look shows pending", "booting terminating", elsewhere: "what is handed over ran before"),
    Row(
      "look shows running", "active booting compensating configuring failed securing stopped terminated terminating",
      elsewhere: "before there is an object none is asked for"),
    Row(
      "look shows stopped", "active booting stopped terminating",
      elsewhere: "what is being set up runs; one that stops then is rare"),
    Row(
      "power done", "active stopped", elsewhere: "its end comes elsewhere only where an end of the resource overtook it"
    ),
    Row(
      "power not sent", "active stopped",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "power refused", "active stopped",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "power unknown", "active stopped",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "prepare done", "requested terminated",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "prepare not sent", "requested",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "prepare refused", "requested", elsewhere: "its end comes elsewhere only where an end of the resource overtook it"
    ),
    Row(
      "prepare unknown", "requested", elsewhere: "its end comes elsewhere only where an end of the resource overtook it"
    ),
    Row(
      "provision done", "booting provisioning terminating",
      elsewhere: "a look or an end of the resource overtakes it elsewhere"),
    Row("provision not sent", "provisioning", elsewhere: "a look or an end of the resource overtakes it elsewhere"),
    Row(
      "provision refused", "provisioning terminating",
      elsewhere: "a look or an end of the resource overtakes it elsewhere"),
    Row(
      "provision unknown", "provisioning terminating",
      elsewhere: "a look or an end of the resource overtakes it elsewhere"),
    Row(
      "recipe done", "active compensating configuring",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "recipe refused", "configuring",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "recipe unknown", "configuring",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "restarted",
      "active booting compensating configuring failed lost provisioning requested resolving securing stopped terminated terminating",
      elsewhere: ""),
    Row("secure done", "securing", elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "secure not sent", "securing", elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "secure refused", "securing", elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "secure unknown", "securing", elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "tidy done", "active configuring",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "tidy not sent", "configuring",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "terminate done", "active booting compensating failed terminated terminating",
      elsewhere: "elsewhere only the end of a second object, in a state that lasts seconds"),
    Row(
      "terminate not sent", "active compensating terminating",
      elsewhere: "elsewhere only the end of a second object, in a state that lasts seconds"),
    Row(
      "terminate not shown", "active booting compensating failed terminating",
      elsewhere: "elsewhere only the end of a second object, in a state that lasts seconds"),
    Row(
      "terminate refused", "active booting compensating failed terminating",
      elsewhere: "elsewhere only the end of a second object, in a state that lasts seconds"),
    Row(
      "terminate unknown", "active booting compensating failed terminating",
      elsewhere: "elsewhere only the end of a second object, in a state that lasts seconds"),
    Row(
      "validate done", "requested terminated",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "validate not sent", "requested",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "validate refused", "requested",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
    Row(
      "validate unknown", "requested",
      elsewhere: "its end comes elsewhere only where an end of the resource overtook it"),
  ]

  /// How far which effect is when a host dies. A power operation is open for so short a time that its commits are hardly ever
  /// hit; they go the same way as all others.
  static let deaths: [String] = [
    "prepare × intent not durable",
    "prepare × outcome not durable",
    "prepare × performed, nothing left",
    "prepare × request left, no answer",
    "provision × intent not durable",
    "provision × outcome not durable",
    "provision × performed, nothing left",
    "provision × request left, no answer",
    "recipe × intent not durable",
    "recipe/cancel × request left, no answer",
    "recipe × outcome not durable",
    "recipe × performed, nothing left",
    "recipe × request left, no answer",
    "secure/confirm × intent not durable",
    "secure/confirm × outcome not durable",
    "secure/confirm × performed, nothing left",
    "secure/confirm × request left, no answer",
    "secure/gather × intent not durable",
    "secure/gather × outcome not durable",
    "secure/gather × performed, nothing left",
    "secure/gather × request left, no answer",
    "secure/leave × outcome not durable",
    "secure/leave × performed, nothing left",
    "secure/leave × request left, no answer",
    "secure/rotate × intent not durable",
    "secure/rotate × outcome not durable",
    "secure/rotate × performed, nothing left",
    "secure/rotate × request left, no answer",
    "terminate × intent not durable",
    "terminate × outcome not durable",
    "terminate × performed, nothing left",
    "terminate × request left, no answer",
    "validate × intent not durable",
    "validate × outcome not durable",
    "validate × performed, nothing left",
    "validate × request left, no answer",
    "power/reboot × performed, nothing left",
    "power/reboot × request left, no answer",
    "power/start × performed, nothing left",
    "power/start × request left, no answer",
    "power/stop × performed, nothing left",
    "power/stop × request left, no answer",
  ]
}
