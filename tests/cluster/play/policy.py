"""A mutating admission policy: one more field is defaulted in every pod template that is written.

It stands for a control plane that is upgraded, or for whatever else has a say in what is written.
"""

from infra.local.kube import Kube, Tree

UNDER_IT = {"spillway.test/one-more": "yes"}
"""The label of the namespaces that are under the policy."""

_FIELD = "setHostnameAsFQDN"
_GROUP = "admissionregistration.k8s.io/v1"
_EXPRESSION = (
    "Object{spec: Object.spec{template: Object.spec.template{spec: "
    f"Object.spec.template.spec{{{_FIELD}: false}}}}}}}}"
)


def install(kube: Kube) -> None:
    """The policy; no namespace is under it yet."""
    rule = {
        "apiGroups": ["apps"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["deployments"],
    }
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "mutations": [
            {
                "patchType": "ApplyConfiguration",
                "applyConfiguration": {"expression": _EXPRESSION},
            }
        ],
    }
    bound = {
        "policyName": "one-more",
        "matchResources": {"namespaceSelector": {"matchLabels": UNDER_IT}},
    }
    for kind, plural, spec in (
        ("MutatingAdmissionPolicy", "mutatingadmissionpolicies", policy),
        ("MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", bound),
    ):
        metadata = {"name": "one-more"}
        obj = {"apiVersion": _GROUP, "kind": kind, "metadata": metadata, "spec": spec}
        kube.create(f"/apis/{_GROUP}/{plural}", obj)


def has_field(deployment: Tree) -> bool:
    """Whether the policy was at work on it."""
    return _FIELD in deployment["spec"]["template"]["spec"]
