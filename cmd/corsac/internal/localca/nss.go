package localca

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// Package truststore changes databases of NSS, too, but not those of a Chromium or
// Firefox of today on Linux, nor those in a snap or flatpak, and it does not say what
// went wrong in which.

// database is a database of NSS.
type database struct{ owner, dir string }

// certutilTime bounds a call of certutil.
const certutilTime = 30 * time.Second

// databases returns the databases of the user's browsers.
func (s *Stores) databases() (found []database) {
	data := s.data
	if data == "" {
		data = filepath.Join(s.Home, ".local", "share")
	}
	for _, place := range []struct{ owner, root, pattern string }{
		{"Chromium", data, "pki/nssdb"}, // since version 146
		{"Chromium", s.Home, ".pki/nssdb"},
		{"Chromium", s.Home, "snap/chromium/current/.local/share/pki/nssdb"},
		{"Chromium", s.Home, "snap/chromium/current/.pki/nssdb"},
		{"Chromium", s.Home, ".var/app/*/data/pki/nssdb"},
		{"Chromium", s.Home, ".var/app/*/.pki/nssdb"},
		{"Firefox", s.Home, ".mozilla/firefox/*"},
		{"Firefox", s.Home, ".config/mozilla/firefox/*"},
		{"Firefox", s.Home, "snap/firefox/common/.mozilla/firefox/*"},
		{"Firefox", s.Home, ".var/app/org.mozilla.firefox/.mozilla/firefox/*"},
	} {
		files, _ := fs.Glob(os.DirFS(place.root), place.pattern+"/cert9.db") // the pattern is valid
		for _, file := range files {
			found = append(found, database{place.owner, filepath.Join(place.root, filepath.FromSlash(path.Dir(file)))})
		}
	}
	return found
}

// nss does a task to each database of NSS.
func (s *Stores) nss(ctx context.Context, c *CA, t task) (results []Result) {
	if s.noNSS {
		return nil
	}
	databases := s.databases()
	certutil, err := s.certutil, error(nil)
	if certutil == "" {
		certutil, err = exec.LookPath("certutil")
	}
	if err != nil {
		return withoutCertutil(databases)
	}
	if t == add && !slices.ContainsFunc(databases, func(d database) bool { return d.owner == "Chromium" }) {
		made := database{"Chromium", filepath.Join(s.Home, ".pki", "nssdb")}
		if err := made.create(ctx, certutil); err != nil {
			results = append(results, Result{Store: made.owner, Place: made.dir, Why: err.Error()})
		} else {
			databases = append(databases, made)
		}
	}
	for _, d := range databases {
		results = append(results, d.do(ctx, certutil, c, t))
	}
	return results
}

// withoutCertutil says what is missing, if there is a database.
func withoutCertutil(databases []database) (results []Result) {
	var install []string
	for _, manager := range [][]string{
		{"apt-get", "install", "libnss3-tools"},
		{"dnf", "install", "nss-tools"},
		{"zypper", "install", "mozilla-nss-tools"},
		{"pacman", "-S", "nss"},
		{"apk", "add", "nss-tools"},
	} {
		if _, err := exec.LookPath(manager[0]); err == nil {
			install = lines([][]string{append([]string{"sudo"}, manager...)})
			break
		}
	}
	for _, d := range databases {
		results = append(results, Result{Store: d.owner, Place: d.dir, Why: "certutil, which reads and changes it, is not installed", Run: install})
	}
	return results
}

// create makes an empty database, for a Chromium that has never run. It uses that.
func (d database) create(ctx context.Context, certutil string) error {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	return run(ctx, certutil, "-N", "-d", "sql:"+d.dir, "--empty-password")
}

// do does a task to a database.
func (d database) do(ctx context.Context, certutil string, c *CA, t task) Result {
	r := Result{Store: d.owner, Place: d.dir}
	name, at := c.cert.Subject.CommonName, "sql:"+d.dir
	isThere := func() bool { return run(ctx, certutil, "-L", "-d", at, "-n", name) == nil }
	trusts := func() bool { return run(ctx, certutil, "-V", "-d", at, "-n", name, "-u", "L") == nil }
	r.Trusted = trusts()
	var command []string
	switch {
	case t == add && !r.Trusted:
		command = []string{"-A", "-d", at, "-t", "C,,", "-n", name, "-i", c.File()}
	case t == remove && isThere():
		command = []string{"-D", "-d", at, "-n", name}
	default:
		return r
	}
	err := run(ctx, certutil, command...)
	r.Trusted = trusts()
	switch {
	case err != nil:
		r.Why, r.Run = err.Error(), lines([][]string{append([]string{"certutil"}, command...)})
	case r.Trusted != (t == add):
		r.Why = "the database does not show the change"
	default:
		r.Did = t.did()
	}
	return r
}

// run runs certutil. It cannot ask for a password: it reads nothing.
func run(ctx context.Context, certutil string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, certutilTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, certutil, args...) //nolint:gosec // certutil, with folders of the user
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("certutil %s: %w: %s", args[0], err, oneLine(out))
	}
	return nil
}
