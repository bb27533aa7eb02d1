// Filled by the plugin.
