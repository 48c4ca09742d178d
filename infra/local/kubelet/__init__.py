"""The lab's kubelet: pods of the lab's node become processes on loopback."""
