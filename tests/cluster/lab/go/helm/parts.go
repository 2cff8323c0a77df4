//go:build parts

// Package parts names the program that the chart is installed with, so that go.mod keeps it.
package parts

import _ "helm.sh/helm/v4/cmd/helm"
