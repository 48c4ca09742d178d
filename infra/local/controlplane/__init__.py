"""The real control plane on loopback: etcd, kube-apiserver and kube-controller-manager."""
