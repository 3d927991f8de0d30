package localca

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// newDatabase makes an empty database of NSS.
func newDatabase(t *testing.T, parts ...string) {
	t.Helper()
	dir := filepath.Join(parts...)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("certutil", "-N", "-d", "sql:"+dir, "--empty-password").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestNSS adds a CA to databases of a home folder, and removes it.
func TestNSS(t *testing.T) {
	testenv.Program(t, "apt-get install libnss3-tools", "certutil")
	home := filepath.Join(t.TempDir(), "a home [1]")
	newDatabase(t, home, ".local/share/pki/nssdb")
	newDatabase(t, home, ".mozilla/firefox/x1.default")
	newDatabase(t, home, "snap/firefox/common/.mozilla/firefox/x2.default")
	if err := os.MkdirAll(filepath.Join(home, ".mozilla/firefox/Crash Reports"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, other := open(t), open(t)
	stores := &Stores{Home: home, system: &fakeSystem{has: true}}
	check := func(step string, results []Result, err error, trusted bool, did string) {
		t.Helper()
		if err != nil || len(results) != 4 {
			t.Fatalf("%s: %+v, %v", step, results, err)
		}
		for i, want := range []string{"Chromium", "Firefox", "Firefox"} {
			if r := results[i+1]; r.Store != want || r.Trusted != trusted || r.Did != did || r.Why != "" || len(r.Run) > 0 {
				t.Errorf("%s: %+v", step, r)
			}
		}
	}
	results, err := stores.Status(t.Context(), c)
	check("before", results, err, false, "")
	results, err = stores.Install(t.Context(), other)
	check("install another CA", results, err, true, "added the CA")
	results, err = stores.Install(t.Context(), c)
	check("install", results, err, true, "added the CA")
	results, err = stores.Install(t.Context(), c)
	check("install again", results, err, true, "")
	results, err = stores.Status(t.Context(), c)
	check("after", results, err, true, "")
	stores.system = &fakeSystem{has: true} // Uninstall removes it
	results, err = stores.Uninstall(t.Context(), c)
	check("uninstall", results, err, false, "removed the CA")
	results, err = stores.Uninstall(t.Context(), c)
	check("uninstall again", results, err, false, "")
	results, err = stores.Status(t.Context(), other)
	check("the other", results, err, true, "")
	text, err := json.Marshal(results)
	if key, _ := os.ReadFile(filepath.Join(c.dir, keyFile)); err != nil || strings.Contains(string(text), strings.Fields(string(key))[3][:20]) {
		t.Errorf("%v; the results have the key: %s", err, text)
	}
}

// TestNewDatabase checks that a Chromium that has never run gets a database, but not
// from a look.
func TestNewDatabase(t *testing.T) {
	testenv.Program(t, "apt-get install libnss3-tools", "certutil")
	stores := &Stores{Home: t.TempDir(), system: &fakeSystem{}}
	c := open(t)
	if results, err := stores.Status(t.Context(), c); err != nil || len(results) != 1 {
		t.Errorf("%+v, %v", results, err)
	}
	if entries, err := os.ReadDir(stores.Home); err != nil || len(entries) > 0 {
		t.Errorf("a look has made %v, %v", entries, err)
	}
	results, err := stores.Install(t.Context(), c)
	if err != nil || len(results) != 2 || !results[1].Trusted {
		t.Errorf("%+v, %v", results, err)
	}
}

// TestBrokenDatabase checks that the error of certutil is shown, and the command that
// failed.
func TestBrokenDatabase(t *testing.T) {
	testenv.Program(t, "apt-get install libnss3-tools", "certutil")
	home := t.TempDir()
	dir := filepath.Join(home, ".mozilla/firefox/x.default")
	newDatabase(t, home, ".pki/nssdb")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cert9.db"), []byte(strings.Repeat("not a database", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	results, err := (&Stores{Home: home, system: &fakeSystem{has: true}}).Install(t.Context(), open(t))
	if err != nil || len(results) != 3 || !results[1].Trusted {
		t.Fatalf("%+v, %v", results, err)
	}
	if r := results[2]; r.Trusted || !strings.Contains(r.Why, "SEC_ERROR") || len(r.Run) != 1 || !strings.HasPrefix(r.Run[0], "certutil -A -d sql:"+dir) {
		t.Errorf("%+v", r)
	}
}

// TestWithoutCertutil checks that the missing program is named, if there is a use for
// it.
func TestWithoutCertutil(t *testing.T) {
	bin, home := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "dnf"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	stores := &Stores{Home: home, system: &fakeSystem{}}
	results, err := stores.Status(t.Context(), open(t))
	if err != nil || len(results) != 1 {
		t.Errorf("without a browser: %+v, %v", results, err)
	}
	dir := filepath.Join(home, ".pki/nssdb")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cert9.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	results, err = stores.Install(t.Context(), open(t))
	if err != nil || len(results) != 2 || !strings.Contains(results[1].Why, "certutil") {
		t.Fatalf("%+v, %v", results, err)
	}
	if !slices.Equal(results[1].Run, []string{"sudo dnf install nss-tools"}) {
		t.Errorf("%q", results[1].Run)
	}
}
