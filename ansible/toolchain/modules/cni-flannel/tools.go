//go:build tools

// Package cniflannel names the program that this module builds, so that `go mod tidy` keeps what it needs.
package cniflannel

import _ "github.com/containernetworking/plugins/plugins/meta/flannel"
