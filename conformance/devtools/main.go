package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// patience bounds the whole run.
const patience = 5 * time.Minute

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "devtools:", err)
		os.Exit(1)
	}
}

// browsers are the ways to visit the page, by browser.
var browsers = []struct {
	name, binary string
	browse       func(ctx context.Context, binary, profile string) (*visit, error)
}{
	{"chromium", "chromium", browseChromium},
	{"firefox", "firefox-esr", browseFirefox},
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("devtools", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "`name` of the one browser to run, chromium or firefox")
	paste := flags.String("paste", "../cmd/corsac/internal/paste/testdata", "`folder` of what was copied")
	har := flags.String("har", "../cmd/corsac/internal/har/testdata", "`folder` of HAR files")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, b := range browsers {
		if *only != "" && *only != b.name {
			continue
		}
		path, err := exec.LookPath(b.binary)
		if err != nil {
			return err
		}
		s, v, err := visitWith(ctx, path, b.browse)
		if err == nil {
			err = writeCopies(filepath.Join(*paste, b.name), s, v)
		}
		if err == nil {
			err = writeHAR(*har, b.name, v)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}

// visitWith makes a browser with a fresh profile visit a site without earlier
// requests.
func visitWith(ctx context.Context, path string, browse func(context.Context, string, string) (*visit, error)) (*site, *visit, error) {
	s, err := openSite()
	if err != nil {
		return nil, nil, err
	}
	defer s.close()
	profile, err := os.MkdirTemp("", "devtools")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = os.RemoveAll(profile) }()
	v, err := browse(ctx, path, profile)
	return s, v, err
}
