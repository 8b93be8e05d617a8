#!/usr/bin/env bash
# Builds the image where no image registry can be reached, with podman of Debian: in place of the official Python image
# stands a Debian with its own Python. Needs root, and `apt-get install podman runc debootstrap`.
#   tests/image/build_offline.sh [NAME]
set -euo pipefail
cd "$(dirname "$0")/../.."

name=${1:-localhost/k8s-eip-operator:dev}
base=localhost/python-stand-in:3.13
authorities=/etc/ssl/certs/ca-certificates.crt

if ! podman image exists "$base"; then
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv trixie "$root" >/dev/null
  ln -s /usr/bin/python3 "$root/usr/local/bin/python"
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,locale,man}
  tar -C "$root" -c . | podman import --quiet --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin' - "$base"
fi
podman build --isolation=chroot --ulimit nofile=1024:1024 --network=host --format docker \
  --volume "$authorities:$authorities:ro" --build-arg "PYTHON_IMAGE=$base" --tag "$name" .
podman image inspect --format "$name has {{.Size}} bytes, the stand-in included" "$name"
