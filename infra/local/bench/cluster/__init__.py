"""What Spillway costs on a real control plane: real function servers, counted by the audit log."""
