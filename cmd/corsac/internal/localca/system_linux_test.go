package localca

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smallstep/truststore"
)

// TestAnchors runs package truststore with a store in a folder of the test.
func TestAnchors(t *testing.T) {
	dir := t.TempDir()
	bundle, bin := filepath.Join(dir, "bundle.pem"), filepath.Join(dir, "bin")
	pattern, command := truststore.SystemTrustFilename, truststore.SystemTrustCommand
	t.Cleanup(func() { truststore.SystemTrustFilename, truststore.SystemTrustCommand = pattern, command })
	truststore.SystemTrustFilename = filepath.Join(dir, "%s.crt")
	truststore.SystemTrustCommand = []string{"sh", "-c", "cat '" + dir + "'/*.crt > '" + bundle + "' || :"}
	// Without sudo in PATH, truststore does not use it.
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sh", "tee", "rm", "cat"} {
		for _, from := range []string{"/bin", "/usr/bin"} {
			if _, err := os.Stat(filepath.Join(from, name)); err == nil {
				_ = os.Symlink(filepath.Join(from, name), filepath.Join(bin, name))
			}
		}
	}
	t.Setenv("PATH", bin)

	c, other := open(t), open(t)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.cert.Raw})
	if err := os.WriteFile(filepath.Join(dir, "other.crt"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &anchors{
		pattern: truststore.SystemTrustFilename, command: truststore.SystemTrustCommand,
		bundles: []string{filepath.Join(dir, "missing.pem"), bundle}, isRoot: true, library: useLibrary,
	}
	stores := &Stores{Home: dir, system: s, noNSS: true}
	check := func(step string, do func() ([]Result, error), trusted bool, did string) {
		t.Helper()
		results, err := do()
		if err != nil || len(results) != 1 || results[0].Trusted != trusted || results[0].Did != did || results[0].Why != "" {
			t.Errorf("%s: %+v, %v", step, results, err)
		}
	}
	install := func() ([]Result, error) { return stores.Install(t.Context(), c) }
	uninstall := func() ([]Result, error) { return stores.Uninstall(t.Context(), c) }
	check("before", uninstall, false, "")
	check("install", install, true, "added the CA")
	check("again", install, true, "")
	if !hasCertificate(s.place(c), c) || hasCertificate(s.place(c), other) {
		t.Errorf("%s is not the file of package truststore", s.place(c))
	}
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	check("the bundle has lost it", install, true, "added the CA")
	check("uninstall", uninstall, false, "removed the CA")

	truststore.SystemTrustCommand = []string{"sh", "-c", "echo no more space >&2; exit 1"}
	if results, err := install(); err != nil || !strings.Contains(results[0].Why, "no more space") || results[0].Did != "" {
		t.Errorf("a command that fails: %+v, %v", results, err)
	}
}

// TestAnchorsByHand checks what a user without rights is to run.
func TestAnchorsByHand(t *testing.T) {
	c := open(t)
	s := &anchors{pattern: "/etc/it's/%s.crt", command: []string{"update-ca-certificates"}}
	stores := &Stores{Home: t.TempDir(), system: s, noNSS: true}
	results, err := stores.Install(t.Context(), c)
	name := filePrefix + c.cert.SerialNumber.String()
	want := []string{"sudo install -m 644 " + c.File() + ` '/etc/it'\''s/` + name + ".crt'", "sudo update-ca-certificates"}
	if err != nil || !slices.Equal(results[0].Run, want) || results[0].Why != "only root may change it" {
		t.Errorf("%+v, %v; want %q", results, err, want)
	}
	if commands := s.commands(c, false); len(commands) != 2 || commands[0][1] != "rm" {
		t.Errorf("%q", commands)
	}
	s.pattern = ""
	if results, err := stores.Install(t.Context(), c); err != nil || results[0].Why != errUnsupported.Error() {
		t.Errorf("an unknown system: %+v, %v", results, err)
	}
}
