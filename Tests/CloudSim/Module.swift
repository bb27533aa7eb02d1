// Filled by the simulators.
