"""The lab's controllers: what kube-controller-manager does for Deployments and Services."""
