package localca

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// fakeSystem is a store of a system in memory.
type fakeSystem struct {
	has    bool
	fail   error
	idle   bool // it does nothing
	manual [][]string
	did    int
}

func (f *fakeSystem) place(*CA) string { return "the store" }
func (f *fakeSystem) trusts(*CA) bool  { return f.has }
func (f *fakeSystem) change(_ *CA, add bool) error {
	f.did++
	f.has = f.has != f.idle && f.has || add && !f.idle && f.fail == nil
	if !add && !f.idle {
		f.has = false
	}
	return f.fail
}

func (f *fakeSystem) commands(_ *CA, add bool) [][]string {
	if f.manual == nil {
		return nil
	}
	return append(f.manual, []string{fmt.Sprint(add)})
}

// TestSystem checks what is said about the system's store.
func TestSystem(t *testing.T) {
	c := open(t)
	for _, test := range []struct {
		name   string
		system fakeSystem
		add    bool
		want   Result
		did    int
	}{
		{"added", fakeSystem{}, true, Result{Trusted: true, Did: "added the CA"}, 1},
		{"was there", fakeSystem{has: true}, true, Result{Trusted: true}, 0},
		{"removed", fakeSystem{has: true}, false, Result{Did: "removed the CA"}, 1},
		{"was not there", fakeSystem{}, false, Result{}, 0},
		{"no rights", fakeSystem{manual: [][]string{{"sudo", "a b"}}}, true, Result{Why: "only root may change it", Run: []string{"sudo 'a b'", "true"}}, 0},
		{"no rights, was there", fakeSystem{has: true, manual: [][]string{{"sudo"}}}, true, Result{Trusted: true}, 0},
		{"failed", fakeSystem{fail: errors.New("full")}, true, Result{Why: "full"}, 1},
		{"no effect", fakeSystem{idle: true}, true, Result{Why: "the system does not show the change"}, 1},
	} {
		if runtime.GOOS == "windows" && test.name == "no rights" {
			continue // quotes of another shell
		}
		stores := &Stores{Home: t.TempDir(), system: &test.system, noNSS: true}
		do := stores.Uninstall
		if test.add {
			do = stores.Install
		}
		results, err := do(t.Context(), c)
		test.want.Store, test.want.Place = "system", "the store"
		if err != nil || len(results) != 1 || !reflect.DeepEqual(results[0], test.want) || test.system.did != test.did {
			t.Errorf("%s: %+v, %v, %d changes; want %+v, %d", test.name, results, err, test.system.did, test.want, test.did)
		}
	}
}

// TestSudo checks that the CA of root is not installed by mistake.
func TestSudo(t *testing.T) {
	stores := &Stores{Home: t.TempDir(), system: &fakeSystem{}, noNSS: true, sudoer: "ann"}
	var sudo *SudoError
	if results, err := stores.Install(t.Context(), open(t)); !errors.As(err, &sudo) || !strings.Contains(err.Error(), "run it as ann") {
		t.Errorf("%v, %v", results, err)
	}
}

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
	if runtime.GOOS == "linux" && !slices.Equal(results[1].Run, []string{"sudo dnf install nss-tools"}) {
		t.Errorf("%q", results[1].Run)
	}
}
