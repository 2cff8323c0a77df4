"""[pure] What the parts of an instance are told: command lines and files, all from its addresses.

Paths are those inside the instance, the same for every instance: a mount namespace of its own has
its own /run, /etc, /opt and /var.
"""

import json
from dataclasses import dataclass

import yaml

from tests.cluster.lab.addresses import API_PORT, NODE, Addresses

RUN = "/run/tre-lab"
STATE = f"{RUN}/state"
PKI = f"{STATE}/pki"
SOCKET = "/run/containerd/containerd.sock"
CNI_PLUGINS = ("/opt/cni/bin", "/usr/lib/cni")
"""The first is where a DaemonSet would install one, the second is Debian's."""

CNI_NETWORK = "/etc/cni/net.d"
PAUSE = "lab.local/pause:1"
REGISTRIES = f"{RUN}/registries"
"""How containerd reaches a registry that a test brings: a folder for each, read at every pull."""

SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/forwarding": "1",
    "net/ipv6/conf/default/accept_dad": "0",
    # A TCP packet in mid-stream must not begin a flow: a connection that a tightened policy cut
    # would come back with its ends exchanged, allowed as a reply to itself.
    "net/netfilter/nf_conntrack_tcp_loose": "0",
}
"""Of the instance's own network namespace."""

TUNABLES = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What the kubelet would set for the whole machine. It is shown these values as plain files that
cover the real ones, finds them as it wants them, and writes nothing."""


@dataclass(frozen=True)
class User:
    """Who a part of the cluster is to the API server."""

    file: str
    name: str
    group: str = ""


ADMIN = User("admin", "admin", "system:masters")
USERS = (
    ADMIN,
    User("controllers", "system:kube-controller-manager"),
    User("scheduler", "system:kube-scheduler"),
    User("proxy", "system:kube-proxy"),
    User("enforcer", "tre-lab-enforcer"),
    User("kubelet", f"system:node:{NODE}", "system:nodes"),
    User("api-to-kubelet", "api-to-kubelet", "system:masters"),
)


def server_names(addresses: Addresses) -> tuple[str, ...]:
    """What the API server's certificate is good for."""
    service = ("kubernetes", "kubernetes.default", "kubernetes.default.svc")
    return (*service, *addresses.first_services, *addresses.node, "127.0.0.1", "::1", NODE)


def commands(addresses: Addresses) -> dict[str, list[str]]:
    """The parts in the order in which they start, each with its arguments."""
    return {
        "etcd": _etcd(),
        "containerd": ["containerd", "-c", f"{RUN}/containerd.toml"],
        "kube-apiserver": _api(addresses),
        "kube-controller-manager": _controllers(),
        "kube-scheduler": [
            "kube-scheduler",
            f"--kubeconfig={RUN}/scheduler.kubeconfig",
            "--leader-elect=false",
        ],
        "kubelet": [
            "kubelet",
            f"--config={RUN}/kubelet.yaml",
            f"--kubeconfig={RUN}/kubelet.kubeconfig",
            f"--hostname-override={NODE}",
            f"--node-ip={','.join(addresses.node)}",
        ],
        "kube-proxy": ["kube-proxy", f"--config={RUN}/proxy.yaml"],
    }


def _etcd() -> list[str]:
    here = "http://127.0.0.1"
    return [
        "etcd",
        "--data-dir=/var/lib/etcd",
        f"--listen-client-urls={here}:2379",
        f"--advertise-client-urls={here}:2379",
        f"--listen-peer-urls={here}:2380",
        f"--initial-advertise-peer-urls={here}:2380",
        f"--initial-cluster=default={here}:2380",
        "--unsafe-no-fsync",  # what a lab forgets when the machine falls, nobody misses
        "--log-level=warn",
    ]


def _api(addresses: Addresses) -> list[str]:
    return [
        "kube-apiserver",
        "--etcd-servers=http://127.0.0.1:2379",
        "--bind-address=::",
        f"--secure-port={API_PORT}",
        f"--advertise-address={addresses.node[0]}",
        f"--service-cluster-ip-range={','.join(addresses.services)}",
        f"--client-ca-file={PKI}/ca.crt",
        f"--tls-cert-file={PKI}/server.crt",
        f"--tls-private-key-file={PKI}/server.key",
        f"--service-account-key-file={PKI}/tokens.pub",
        f"--service-account-signing-key-file={PKI}/tokens.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--kubelet-certificate-authority={PKI}/ca.crt",
        f"--kubelet-client-certificate={PKI}/api-to-kubelet.crt",
        f"--kubelet-client-key={PKI}/api-to-kubelet.key",
        "--kubelet-preferred-address-types=InternalIP",  # the node's name resolves nowhere
        "--allow-privileged=true",
        "--profiling=false",
    ]


def _controllers() -> list[str]:
    return [
        "kube-controller-manager",
        f"--kubeconfig={RUN}/controllers.kubeconfig",
        f"--service-account-private-key-file={PKI}/tokens.key",
        f"--root-ca-file={PKI}/ca.crt",
        f"--cluster-signing-cert-file={PKI}/ca.crt",
        f"--cluster-signing-key-file={PKI}/ca.key",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--flex-volume-plugin-dir=/var/lib/kubelet/flex",
    ]


def kubelet(addresses: Addresses) -> str:
    """The kubelet's file. It keeps to its own control group and leaves other tables alone."""
    return yaml.safe_dump(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "containerRuntimeEndpoint": f"unix://{SOCKET}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{addresses.cgroup}",
            "failCgroupV1": False,  # machines that still have the old hierarchies
            "failSwapOn": False,
            "podPidsLimit": 1024,
            "makeIPTablesUtilChains": False,
            "oomScoreAdj": 0,
            "volumePluginDir": "/var/lib/kubelet/flex",
            "resolvConf": "",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{PKI}/ca.crt"},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": f"{PKI}/kubelet.crt",
            "tlsPrivateKeyFile": f"{PKI}/kubelet.key",
            "serializeImagePulls": False,
            "kubeAPIQPS": 100,
            "kubeAPIBurst": 200,
            "evictionHard": {
                "memory.available": "100Mi",
                "nodefs.available": "1%",
                "imagefs.available": "1%",
            },
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
        },
        sort_keys=False,
    )


def proxy(addresses: Addresses) -> str:
    """The file of kube-proxy: nftables, and hands off what belongs to the whole machine."""
    return yaml.safe_dump(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
            "clientConnection": {"kubeconfig": f"{RUN}/proxy.kubeconfig"},
            "hostnameOverride": NODE,
            "clusterCIDR": ",".join(addresses.pods),
            "detectLocalMode": "ClusterCIDR",
            "conntrack": {
                "maxPerCore": 0,
                "min": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
            "nftables": {"minSyncPeriod": "200ms", "syncPeriod": "30s"},
            "oomScoreAdj": 0,
        },
        sort_keys=False,
    )


def network(addresses: Addresses) -> str:
    """The network of pods: a pair of interfaces each, no translation, no way to the world."""
    point = {
        "type": "ptp",
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": subnet}] for subnet in addresses.pods],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
            "dataDir": "/var/lib/cni/networks",
        },
    }
    return json.dumps({"cniVersion": "1.0.0", "name": "tre-lab", "plugins": [point]}, indent=1)


def containerd() -> str:
    """The file of containerd."""
    dirs = ", ".join(f'"{one}"' for one in CNI_PLUGINS)
    return f"""version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "{SOCKET}"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "{PAUSE}"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "{REGISTRIES}"
[plugins.'io.containerd.cri.v1.runtime']
  # Without CAP_SYS_RESOURCE runc may not lower the score and ends with a broken pipe.
  restrict_oom_score_adj = true
  # The tests' echo requests come from ping sockets; a workspace's are refused by its policies.
  enable_unprivileged_icmp = true
  enable_unprivileged_ports = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = [{dirs}]
    conf_dir = "{CNI_NETWORK}"
[plugins.'io.containerd.nri.v1.nri']
  disable = true
"""


def kubeconfig(server: str, authority: str, certificate: str, key: str) -> str:
    """One user of one cluster; certificates are base64 of their PEM."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "lab",
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
            "clusters": [
                {
                    "name": "lab",
                    "cluster": {"server": server, "certificate-authority-data": authority},
                }
            ],
            "users": [
                {
                    "name": "lab",
                    "user": {"client-certificate-data": certificate, "client-key-data": key},
                }
            ],
        },
        sort_keys=False,
    )


ENFORCER_RIGHTS = [
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "tre-lab-enforcer"},
        "rules": [
            {"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["list", "watch"]},
            {
                "apiGroups": ["networking.k8s.io"],
                "resources": ["networkpolicies"],
                "verbs": ["list", "watch"],
            },
        ],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "tre-lab-enforcer"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "tre-lab-enforcer",
        },
        "subjects": [
            {
                "kind": "User",
                "name": "tre-lab-enforcer",
                "apiGroup": "rbac.authorization.k8s.io",
            }
        ],
    },
]
