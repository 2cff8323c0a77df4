//go:build parts

// Package parts names the runtime that containerd starts containers with, so that go.mod keeps it.
package parts

import _ "github.com/opencontainers/runc"
