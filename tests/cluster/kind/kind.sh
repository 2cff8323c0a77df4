#!/bin/sh
# A cluster of kind for the tests: kind.sh up NAME KUBECONFIG | load NAME ARCHIVE | down NAME
set -eu
here=$(cd "$(dirname "$0")" && pwd)
word=${1:?up, load or down} name=${2:?the name of the cluster}
command -v kind >/dev/null || {
    echo "kind is missing: go install sigs.k8s.io/kind@v0.32.0" >&2
    exit 6
}
case $word in
up) exec kind create cluster --name "$name" ${KIND_IMAGE:+--image "$KIND_IMAGE"} --config "$here/cluster.yaml" --kubeconfig "${3:?where to write the kubeconfig}" --wait 180s ;;
load) exec kind load image-archive --name "$name" "${3:?the archive}" ;;
down) exec kind delete cluster --name "$name" ;;
*) echo "say up, load or down" >&2; exit 2 ;;
esac
