// Which event happens in which state with the real plugins: what came 25 times or more in the first 1,000 worlds has to come
// in every run of that many, and a host has to die where it died 20 times. What is rarer is left to the worlds with clouds of
// their own, whose table says why.
extension Coverage {
  static let pluginRows: [Row] = [
    Row(
      "asked cancel", "active booting compensating configuring failed resolving terminated terminating", elsewhere: ""),
    Row(
      "asked power",
      "active booting compensating configuring failed provisioning requested resolving securing stopped terminated terminating",
      elsewhere: ""),
    Row("asked recipe", "active failed terminated", elsewhere: ""),
    Row("asked secrets", "active booting compensating failed resolving terminated terminating", elsewhere: ""),
    Row(
      "asked terminate", "active booting failed provisioning requested resolving terminated terminating", elsewhere: ""),
    Row("deadline of provision", "booting resolving", elsewhere: ""),
    Row("expiry", "active", elsewhere: ""),
    Row("look failed", "active booting compensating failed resolving terminated terminating", elsewhere: ""),
    Row("look shows a new object", "failed resolving terminating", elsewhere: ""),
    Row("look shows gone", "active booting compensating failed terminated terminating", elsewhere: ""),
    Row(
      "look shows nothing",
      "active booting compensating configuring failed provisioning released requested resolving stopped terminated terminating",
      elsewhere: ""),
    Row("look shows pending", "booting", elsewhere: ""),
    Row("look shows running", "active booting compensating terminating", elsewhere: ""),
    Row("look shows stopped", "active stopped", elsewhere: ""),
    Row("power done", "active stopped", elsewhere: ""),
    Row("power not sent", "active", elsewhere: ""),
    Row("power refused", "active stopped", elsewhere: ""),
    Row("prepare done", "requested terminated", elsewhere: ""),
    Row("prepare not sent", "requested", elsewhere: ""),
    Row("prepare refused", "requested", elsewhere: ""),
    Row("provision done", "provisioning", elsewhere: ""),
    Row("provision not sent", "provisioning", elsewhere: ""),
    Row("provision refused", "provisioning", elsewhere: ""),
    Row("provision unknown", "provisioning", elsewhere: ""),
    Row("recipe done", "active configuring", elsewhere: ""),
    Row("recipe refused", "configuring", elsewhere: ""),
    Row("recipe unknown", "configuring", elsewhere: ""),
    Row(
      "restarted",
      "active booting compensating configuring failed provisioning requested resolving securing stopped terminated terminating",
      elsewhere: ""),
    Row("secure done", "securing", elsewhere: ""),
    Row("secure not sent", "securing", elsewhere: ""),
    Row("secure refused", "securing", elsewhere: ""),
    Row("secure unknown", "securing", elsewhere: ""),
    Row("terminate done", "active compensating failed terminating", elsewhere: ""),
    Row("terminate not sent", "compensating terminating", elsewhere: ""),
    Row("terminate not shown", "compensating failed terminating", elsewhere: ""),
    Row("terminate refused", "active booting compensating failed terminating", elsewhere: ""),
    Row("tidy done", "configuring", elsewhere: ""),
    Row("tidy not sent", "configuring", elsewhere: ""),
    Row("validate done", "requested terminated", elsewhere: ""),
    Row("validate refused", "requested", elsewhere: ""),
  ]

  static let pluginDeaths = [
    "prepare × intent not durable",
    "prepare × outcome not durable",
    "prepare × performed, nothing left",
    "prepare × request left, no answer",
    "provision × intent not durable",
    "provision × outcome not durable",
    "provision × performed, nothing left",
    "provision × request left, no answer",
    "recipe × request left, no answer",
    "terminate × intent not durable",
    "terminate × outcome not durable",
    "terminate × performed, nothing left",
    "terminate × request left, no answer",
    "validate × intent not durable",
    "validate × outcome not durable",
    "validate × request left, no answer",
  ]
}
