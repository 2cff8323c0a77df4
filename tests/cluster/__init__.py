"""Tests that need a real Kubernetes: `make test-cluster`; `make test` never comes here."""
