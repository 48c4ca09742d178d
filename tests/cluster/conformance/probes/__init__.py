"""The probes. Each public function asks one server something; its name says what about."""
