//go:build linux

package main

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
)

// traefikCommand returns how to run Traefik, whose routes have a file of their own.
func traefikCommand(ctx context.Context, s *site) (*exec.Cmd, error) {
	path, err := exec.LookPath("traefik")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(s.Dir, "traefik.yaml")
	const routes = "traefik-routes.yaml"
	if err := errors.Join(s.write("traefik.yaml", config), s.write(routes, filepath.Join(s.Dir, routes))); err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, path, "--configFile="+config), nil //nolint:gosec // a program of the table
}
