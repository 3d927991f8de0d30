package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// patience is how long all may take.
const patience = 5 * time.Minute

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "devtools:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("devtools", flag.ContinueOnError)
	flags.SetOutput(stderr)
	binary := flags.String("chromium", "chromium", "Chromium's `file`")
	paste := flags.String("paste", "../cmd/corsac/internal/paste/testdata/chromium", "`folder` of what was copied")
	har := flags.String("har", "../cmd/corsac/internal/har/testdata", "`folder` of HAR files")
	if err := flags.Parse(args); err != nil {
		return err
	}
	path, err := exec.LookPath(*binary)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := openSite()
	if err != nil {
		return err
	}
	defer s.close()
	profile, err := os.MkdirTemp("", "devtools")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(profile) }()
	v, err := browse(ctx, path, profile)
	if err != nil {
		return err
	}
	if err := writeCopies(*paste, s, v); err != nil {
		return err
	}
	return writeHAR(*har, v)
}
