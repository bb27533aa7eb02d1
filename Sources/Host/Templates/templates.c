/* templates.c: files of this repository, compiled in as they are, so that the copies that a plugin begins from
 * cannot drift from them. A test compares the list with the folders. */
#include "slipway_templates.h"

#include <stdint.h>

static const uint8_t c_plugin_c[] = {
#embed "c/plugin.c"
};
static const uint8_t c_makefile[] = {
#embed "c/Makefile"
};
static const uint8_t readme_md[] = {
#embed "README.md"
};
static const uint8_t include_slipway_plugin_h[] = {
#embed "../../PluginABI/include/slipway_plugin.h"
};
static const uint8_t cpp_plugin_cpp[] = {
#embed "cpp/plugin.cpp"
};
static const uint8_t cpp_makefile[] = {
#embed "cpp/Makefile"
};
static const uint8_t kit_exports_map[] = {
#embed "../../../Plugins/Kit/exports.map"
};
static const uint8_t rust_plugin_rs[] = {
#embed "rust/plugin.rs"
};
static const uint8_t rust_makefile[] = {
#embed "rust/Makefile"
};
static const uint8_t swift_cloud_swift[] = {
#embed "swift/Cloud.swift"
};
static const uint8_t swift_entry_swift[] = {
#embed "swift/Entry.swift"
};
static const uint8_t swift_package_swift[] = {
#embed "swift/Package.swift"
};
static const uint8_t swift_makefile[] = {
#embed "swift/Makefile"
};
static const uint8_t kit_abinumbers_swift[] = {
#embed "../../../Plugins/Kit/ABINumbers.swift"
};
static const uint8_t kit_boundary_swift[] = {
#embed "../../../Plugins/Kit/Boundary.swift"
};
static const uint8_t kit_call_swift[] = {
#embed "../../../Plugins/Kit/Call.swift"
};
static const uint8_t kit_cloudapi_swift[] = {
#embed "../../../Plugins/Kit/CloudAPI.swift"
};
static const uint8_t kit_cloudfailure_swift[] = {
#embed "../../../Plugins/Kit/CloudFailure.swift"
};
static const uint8_t kit_cloudhttp_swift[] = {
#embed "../../../Plugins/Kit/CloudHTTP.swift"
};
static const uint8_t kit_cloudrequest_swift[] = {
#embed "../../../Plugins/Kit/CloudRequest.swift"
};
static const uint8_t kit_decimaltext_swift[] = {
#embed "../../../Plugins/Kit/DecimalText.swift"
};
static const uint8_t kit_failuretable_swift[] = {
#embed "../../../Plugins/Kit/FailureTable.swift"
};
static const uint8_t kit_installationkey_swift[] = {
#embed "../../../Plugins/Kit/InstallationKey.swift"
};
static const uint8_t kit_instant_swift[] = {
#embed "../../../Plugins/Kit/Instant.swift"
};
static const uint8_t kit_json_swift[] = {
#embed "../../../Plugins/Kit/JSON.swift"
};
static const uint8_t kit_looktally_swift[] = {
#embed "../../../Plugins/Kit/LookTally.swift"
};
static const uint8_t kit_md5_swift[] = {
#embed "../../../Plugins/Kit/MD5.swift"
};
static const uint8_t kit_nearest_swift[] = {
#embed "../../../Plugins/Kit/Nearest.swift"
};
static const uint8_t kit_numberedlisting_swift[] = {
#embed "../../../Plugins/Kit/NumberedListing.swift"
};
static const uint8_t kit_pace_swift[] = {
#embed "../../../Plugins/Kit/Pace.swift"
};
static const uint8_t kit_plugincookie_swift[] = {
#embed "../../../Plugins/Kit/PluginCookie.swift"
};
static const uint8_t kit_provisioner_swift[] = {
#embed "../../../Plugins/Kit/Provisioner.swift"
};
static const uint8_t kit_readableitems_swift[] = {
#embed "../../../Plugins/Kit/ReadableItems.swift"
};
static const uint8_t kit_verdict_swift[] = {
#embed "../../../Plugins/Kit/Verdict.swift"
};
static const uint8_t messages_catalog_swift[] = {
#embed "../../PluginABI/Messages/Catalog.swift"
};
static const uint8_t messages_common_swift[] = {
#embed "../../PluginABI/Messages/Common.swift"
};
static const uint8_t messages_failurecode_swift[] = {
#embed "../../PluginABI/Messages/FailureCode.swift"
};
static const uint8_t messages_jsonvalue_swift[] = {
#embed "../../PluginABI/Messages/JSONValue.swift"
};
static const uint8_t messages_list_swift[] = {
#embed "../../PluginABI/Messages/List.swift"
};
static const uint8_t messages_manifest_swift[] = {
#embed "../../PluginABI/Messages/Manifest.swift"
};
static const uint8_t messages_poll_swift[] = {
#embed "../../PluginABI/Messages/Poll.swift"
};
static const uint8_t messages_power_swift[] = {
#embed "../../PluginABI/Messages/Power.swift"
};
static const uint8_t messages_prepare_swift[] = {
#embed "../../PluginABI/Messages/Prepare.swift"
};
static const uint8_t messages_provision_swift[] = {
#embed "../../PluginABI/Messages/Provision.swift"
};
static const uint8_t messages_selftest_swift[] = {
#embed "../../PluginABI/Messages/SelfTest.swift"
};
static const uint8_t messages_terminate_swift[] = {
#embed "../../PluginABI/Messages/Terminate.swift"
};
static const uint8_t messages_validate_swift[] = {
#embed "../../PluginABI/Messages/Validate.swift"
};

#define COPIED(language, path, bytes) {language, path, bytes, sizeof bytes, 0}
#define RENAMED(language, path, bytes) {language, path, bytes, sizeof bytes, 1}

static const slipway_template templates[] = {
    RENAMED("c", "plugin.c", c_plugin_c),
    RENAMED("c", "Makefile", c_makefile),
    RENAMED("c", "README.md", readme_md),
    COPIED("c", "slipway_plugin.h", include_slipway_plugin_h),
    RENAMED("cpp", "plugin.cpp", cpp_plugin_cpp),
    RENAMED("cpp", "Makefile", cpp_makefile),
    RENAMED("cpp", "README.md", readme_md),
    COPIED("cpp", "slipway_plugin.h", include_slipway_plugin_h),
    COPIED("cpp", "exports.map", kit_exports_map),
    RENAMED("rust", "plugin.rs", rust_plugin_rs),
    RENAMED("rust", "Makefile", rust_makefile),
    RENAMED("rust", "README.md", readme_md),
    COPIED("rust", "slipway_plugin.h", include_slipway_plugin_h),
    RENAMED("swift", "Sources/Plugin/Cloud.swift", swift_cloud_swift),
    RENAMED("swift", "Sources/Plugin/Entry.swift", swift_entry_swift),
    RENAMED("swift", "Package.swift", swift_package_swift),
    RENAMED("swift", "Makefile", swift_makefile),
    RENAMED("swift", "README.md", readme_md),
    COPIED("swift", "exports.map", kit_exports_map),
    COPIED("swift", "Sources/PluginABI/include/slipway_plugin.h", include_slipway_plugin_h),
    COPIED("swift", "Sources/PluginKit/ABINumbers.swift", kit_abinumbers_swift),
    COPIED("swift", "Sources/PluginKit/Boundary.swift", kit_boundary_swift),
    COPIED("swift", "Sources/PluginKit/Call.swift", kit_call_swift),
    COPIED("swift", "Sources/PluginKit/CloudAPI.swift", kit_cloudapi_swift),
    COPIED("swift", "Sources/PluginKit/CloudFailure.swift", kit_cloudfailure_swift),
    COPIED("swift", "Sources/PluginKit/CloudHTTP.swift", kit_cloudhttp_swift),
    COPIED("swift", "Sources/PluginKit/CloudRequest.swift", kit_cloudrequest_swift),
    COPIED("swift", "Sources/PluginKit/DecimalText.swift", kit_decimaltext_swift),
    COPIED("swift", "Sources/PluginKit/FailureTable.swift", kit_failuretable_swift),
    COPIED("swift", "Sources/PluginKit/InstallationKey.swift", kit_installationkey_swift),
    COPIED("swift", "Sources/PluginKit/Instant.swift", kit_instant_swift),
    COPIED("swift", "Sources/PluginKit/JSON.swift", kit_json_swift),
    COPIED("swift", "Sources/PluginKit/LookTally.swift", kit_looktally_swift),
    COPIED("swift", "Sources/PluginKit/MD5.swift", kit_md5_swift),
    COPIED("swift", "Sources/PluginKit/Nearest.swift", kit_nearest_swift),
    COPIED("swift", "Sources/PluginKit/NumberedListing.swift", kit_numberedlisting_swift),
    COPIED("swift", "Sources/PluginKit/Pace.swift", kit_pace_swift),
    COPIED("swift", "Sources/PluginKit/PluginCookie.swift", kit_plugincookie_swift),
    COPIED("swift", "Sources/PluginKit/Provisioner.swift", kit_provisioner_swift),
    COPIED("swift", "Sources/PluginKit/ReadableItems.swift", kit_readableitems_swift),
    COPIED("swift", "Sources/PluginKit/Verdict.swift", kit_verdict_swift),
    COPIED("swift", "Sources/PluginMessages/Catalog.swift", messages_catalog_swift),
    COPIED("swift", "Sources/PluginMessages/Common.swift", messages_common_swift),
    COPIED("swift", "Sources/PluginMessages/FailureCode.swift", messages_failurecode_swift),
    COPIED("swift", "Sources/PluginMessages/JSONValue.swift", messages_jsonvalue_swift),
    COPIED("swift", "Sources/PluginMessages/List.swift", messages_list_swift),
    COPIED("swift", "Sources/PluginMessages/Manifest.swift", messages_manifest_swift),
    COPIED("swift", "Sources/PluginMessages/Poll.swift", messages_poll_swift),
    COPIED("swift", "Sources/PluginMessages/Power.swift", messages_power_swift),
    COPIED("swift", "Sources/PluginMessages/Prepare.swift", messages_prepare_swift),
    COPIED("swift", "Sources/PluginMessages/Provision.swift", messages_provision_swift),
    COPIED("swift", "Sources/PluginMessages/SelfTest.swift", messages_selftest_swift),
    COPIED("swift", "Sources/PluginMessages/Terminate.swift", messages_terminate_swift),
    COPIED("swift", "Sources/PluginMessages/Validate.swift", messages_validate_swift),
};

const slipway_template *slipway_template_at(uint64_t index) {
  return index < sizeof templates / sizeof *templates ? &templates[index] : 0;
}
